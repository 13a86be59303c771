import NIOCore
import NIOWebSocket
import Synchronization
import TallywireProtocol

extension TallywireClient {
    /// Writes to one WebSocket, and schedules the ticks of its session. Safe from any thread. No method waits.
    final class Link: Sendable {
        private let channel: any Channel
        private let tick: @Sendable () -> Void
        private let alarm = Mutex<Scheduled<Void>?>(nil)

        init(_ channel: any Channel, tick: @escaping @Sendable () -> Void) {
            self.channel = channel
            self.tick = tick
        }

        var wire: Wire {
            Wire(
                send: { [self] messages in
                    for message in messages { write(.text, ByteBuffer(bytes: message.json), flushes: false) }
                    channel.flush()
                },
                close: { [self] in channel.close(promise: nil) },
                wake: { [self] in wake(at: $0) })
        }

        func pong(_ payload: ByteBuffer) { write(.pong, payload) }

        /// Sends a close frame, with the server's own code or that of a normal end.
        func sendClose(_ code: WebSocketErrorCode = .normalClosure) {
            var payload = ByteBuffer()
            payload.write(webSocketErrorCode: code)
            write(.connectionClose, payload)
        }

        /// Stops the ticks.
        func end() {
            alarm.withLock { alarm in
                alarm?.cancel()
                alarm = nil
            }
        }

        private func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, flushes: Bool = true) {
            channel.write(WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: payload), promise: nil)
            if flushes { channel.flush() }
        }

        private func wake(at instant: Instant) {
            let delay = max(.zero, ContinuousClock.now.duration(to: instant))
            alarm.withLock { [tick] alarm in
                alarm?.cancel()
                alarm = channel.eventLoop.scheduleTask(in: TimeAmount(delay) + .milliseconds(1)) { tick() }
            }
        }
    }
}
