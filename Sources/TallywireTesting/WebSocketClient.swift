import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import TallywireCore

/// A WebSocket client for tests. It sends what a test says, also what no client should, and every wait has a deadline.
///
/// The client answers pings and close frames by itself. Safe from any task. Messages wait in the client until a test reads them, so
/// none is missed between two calls.
public struct WebSocketClient: Sendable {
    /// The connection, for tests that need its socket.
    public let channel: any Channel
    private let inbox: NIOLoopBound<WebSocketClientInbox>

    /// A message from the server.
    public enum Message: Equatable, Sendable {
        case text(String)
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        /// A close frame; `nil` is one without a code.
        case close(UInt16?, reason: String)
        /// The connection has ended. Nothing comes after this.
        case ended
    }

    /// Why there is no connection or no message.
    public enum Failure: Error, Equatable, Sendable {
        /// The response to the handshake was this one and not 101.
        case refused(status: Int, headers: [String: String], body: String)
        case nothingCame(within: Duration)
        /// A message came, but not the expected one.
        case unexpected(Message)
    }

    init(channel: any Channel, inbox: NIOLoopBound<WebSocketClientInbox>) {
        self.channel = channel
        self.inbox = inbox
    }

    // MARK: Sending

    /// Sends a text message.
    public func send(_ text: String) async throws {
        try await send(WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(string: text)))
    }

    /// Sends a binary message.
    public func send(binary bytes: [UInt8]) async throws {
        try await send(WebSocketFrame(fin: true, opcode: .binary, maskKey: .random(), data: ByteBuffer(bytes: bytes)))
    }

    /// Sends a frame unchanged, masked only if it has a key.
    public func send(_ frame: WebSocketFrame) async throws {
        try await channel.writeAndFlush(frame)
    }

    /// Sends frames in as few packets as the connection needs for them.
    public func send(_ frames: [WebSocketFrame]) async throws {
        for frame in frames.dropLast() { channel.write(frame, promise: nil) }
        if let last = frames.last { try await channel.writeAndFlush(last) }
    }

    /// Sends a close frame.
    public func sendClose(_ code: UInt16?, reason: String = "") async throws {
        var payload = ByteBuffer()
        if let code {
            payload.writeInteger(code)
            payload.writeString(reason)
        }
        try await send(WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: payload))
    }

    /// Sends bytes that need not be a frame.
    public func send(raw bytes: [UInt8]) async throws {
        try await channel.eventLoop.flatSubmit { [channel] in
            let sent = channel.eventLoop.makePromise(of: Void.self)
            do {
                // Written past the encoder, so that the encoder does not see the bytes.
                try channel.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
                    .writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: sent)
            } catch {
                sent.fail(error)
            }
            return sent.futureResult
        }.get()
    }

    /// Stops reading from the socket, as a slow client does, or starts again.
    public func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
        if isReading { channel.read() }
    }

    /// Closes the connection without a close frame.
    public func disconnect() async {
        try? await channel.close()
    }

    // MARK: Receiving

    /// Returns the next message, also pings and close frames.
    public func next(within limit: Duration = .seconds(20)) async throws -> Message {
        try await channel.eventLoop.flatSubmit { inbox.value.next(within: limit) }.get()
    }

    /// Returns the next message that is not a ping. It has to be a text.
    public func nextText(within limit: Duration = .seconds(20)) async throws -> String {
        let deadline = ContinuousClock.now + limit
        while true {
            switch try await next(within: deadline - .now) {
            case .text(let text): return text
            case .ping: continue
            case let other: throw Failure.unexpected(other)
            }
        }
    }

    /// Returns the code of the close frame, ignoring other messages: `nil` if it has none or the connection ends without one.
    public func closeCode(within limit: Duration = .seconds(20)) async throws -> UInt16? {
        let deadline = ContinuousClock.now + limit
        while true {
            switch try await next(within: deadline - .now) {
            case .close(let code, _): return code
            case .ended: return nil
            default: continue
            }
        }
    }

    /// Waits until the connection has ended, ignoring messages.
    public func waitForEnd(within limit: Duration = .seconds(20)) async throws {
        let deadline = ContinuousClock.now + limit
        while try await next(within: deadline - .now) != .ended {}
    }
}

extension WebSocketClient {
    /// Returns the next message that is not a ping, as JSON.
    public func nextJSON(within limit: Duration = .seconds(20)) async throws -> JSONValue {
        try JSONReader.value(of: Array(await nextText(within: limit).utf8))
    }

    /// Returns the next message of this type, as JSON, ignoring others.
    public func nextJSON(type: String, within limit: Duration = .seconds(20)) async throws -> JSONValue {
        let deadline = ContinuousClock.now + limit
        while true {
            let json = try await nextJSON(within: deadline - .now)
            if json["type"] == .string(type) { return json }
        }
    }
}
