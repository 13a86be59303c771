import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import Synchronization
import TallywireEngine

/// The timer of a stream: it sends heartbeats while there are no events, and ends a stream whose client does not read or whose token
/// is no longer valid.
///
/// It is one repeated task of the connection's event loop. A heartbeat bypasses the stream's task and is written to the channel. It
/// cannot split a block, because each write of the stream consists of whole blocks. So the task only has to wait for events.
///
/// Safe from any thread.
final class EventStreamTimer: Sendable {
    private struct State {
        var timer: RepeatedTask?
        /// Since when the client has not taken a piece; `nil` while none is being sent.
        var writing: NIODeadline?
        var lastWrite = NIODeadline.distantPast
        /// The last event that was looked at, and the last one of which the client knows.
        var position: UInt64 = 0
        var sent: UInt64 = 0
    }

    private let channel: any Channel
    private let feed: Feed
    private let epoch: String
    private let limits: HTTPLimits
    /// Whether the client may still read.
    private let isAllowed: @Sendable () -> Bool
    private let state = Mutex(State())

    /// How long the server's shutdown waits for a client that does not read.
    static let closingTime = TimeAmount.seconds(5)

    init(channel: any Channel, feed: Feed, epoch: String, limits: HTTPLimits, isAllowed: @escaping @Sendable () -> Bool) {
        self.isAllowed = isAllowed
        self.channel = channel
        self.feed = feed
        self.epoch = epoch
        self.limits = limits
    }

    /// Starts the timer.
    func start() {
        let heartbeat = TimeAmount(limits.streamHeartbeat)
        // Often enough that a token that is no longer valid ends the stream within a second.
        let shortest = min(heartbeat, TimeAmount(limits.streamStall), .seconds(4))
        let period = TimeAmount.nanoseconds(max(1_000_000, shortest.nanoseconds / 4))
        let timer = channel.eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { [self] _ in tick() }
        state.withLock { $0.timer = timer }
    }

    /// Stops the timer, and returns when no heartbeat can follow any more.
    func stop() async {
        let timer = state.withLock { state in
            defer { state.timer = nil }
            return state.timer
        }
        // The submission fails only if the event loop was shut down, and then no timer runs.
        try? await channel.eventLoop.submit { timer?.cancel() }.get()
    }

    /// Writes a piece, and returns when there is room for the next one. The client's position is `position` afterwards.
    func write(_ piece: ByteBuffer, at position: UInt64, to writer: inout any ResponseBodyWriter) async throws {
        guard piece.readableBytes > 0 else { return state.withLock { $0.position = position } }
        state.withLock { state in
            state.writing = .now()
            state.position = position
            state.sent = position
        }
        try await writer.write(piece)
        state.withLock { state in
            state.writing = nil
            state.lastWrite = .now()
        }
    }

    private enum Action {
        case nothing, heartbeat(EventStreamOutput), close
    }

    private func tick() {
        switch action(at: .now()) {
        case .nothing: break
        case .heartbeat(var output): channel.writeAndFlush(HTTPResponsePart.body(output.take()), promise: nil)
        case .close: channel.close(promise: nil)
        }
    }

    private func action(at now: NIODeadline) -> Action {
        guard isAllowed() else { return .close }
        let isEnding = feed.isClosed
        return state.withLock { state in
            if let since = state.writing {
                let limit = TimeAmount(limits.streamStall)
                return now - since > (isEnding ? min(limit, Self.closingTime) : limit) ? .close : .nothing
            }
            guard now - state.lastWrite >= TimeAmount(limits.streamHeartbeat), !isEnding else { return .nothing }
            state.lastWrite = now
            var output = EventStreamOutput(epoch: epoch)
            if state.sent == state.position { output.heartbeat() } else { output.position(state.position) }
            state.sent = state.position
            return .heartbeat(output)
        }
    }
}
