import NIOCore
import NIOHTTP1
import NIOPosix

/// A client of Server-Sent Events for tests. It reads only when it is asked to, so a test can be as slow as it likes.
public struct EventStreamClient {
    /// The status of the response, and what it said if that is not 200.
    public private(set) var status = 0
    public private(set) var refusal = ""
    /// Comments that came so far.
    public private(set) var comments = 0
    /// The pause that the server asked for, in milliseconds.
    public private(set) var retry: Int?
    /// What it would send as `Last-Event-ID` now.
    public private(set) var lastEventID = ""
    private var inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    private var text = ""
    private var hasEnded = false

    /// What was dispatched: one event with its data.
    public struct Event: Equatable, Sendable {
        public var id: String
        public var type: String
        public var data: String

        public init(id: String, type: String, data: String) {
            self.id = id
            self.type = type
            self.data = data
        }
    }

    /// Connects, asks for `path`, runs `body` once the response's head is there, and closes the connection.
    public static func open<Value: Sendable>(
        port: Int, _ path: String = "/api/events/stream", lastEventID: String? = nil, receiveBuffer: Int = 256 * 1024,
        _ body: @Sendable (inout EventStreamClient) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var headers: HTTPHeaders = ["Host": "127.0.0.1:\(port)", "Accept": "text/event-stream"]
            if let lastEventID { headers.add(name: "Last-Event-ID", value: lastEventID) }
            try await outbound.write(.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)))
            try await outbound.write(.end(nil))
            var client = EventStreamClient(inbound: inbound.makeAsyncIterator())
            try await client.readHead()
            return try await body(&client)
        }
    }

    private init(inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator) {
        self.inbound = inbound
    }

    /// The next event; `nil` when the server has ended the stream in order. Throws when the connection broke.
    public mutating func next() async throws -> Event? {
        while true {
            while let end = text.firstRange(of: "\n\n") {
                let block = text[..<end.lowerBound]
                let event = dispatch(block)
                text.removeSubrange(..<end.upperBound)
                if let event { return event }
            }
            guard try await readPiece() else { return nil }
        }
    }

    /// Reads a piece, and passes over the events in it.
    public mutating func readMore() async throws {
        _ = try await readPiece()
        while let end = text.firstRange(of: "\n\n") {
            _ = dispatch(text[..<end.lowerBound])
            text.removeSubrange(..<end.upperBound)
        }
    }

    /// Reads until its position is another one, passing over events; gives the position.
    public mutating func waitForPosition() async throws -> String {
        let before = lastEventID
        while lastEventID == before, !hasEnded { try await readMore() }
        return lastEventID
    }

    private mutating func dispatch(_ block: Substring) -> Event? {
        var event = Event(id: "", type: "message", data: "")
        var hasData = false
        for line in block.split(separator: "\n") {
            if line.hasPrefix(":") {
                comments += 1
                continue
            }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
            switch parts[0] {
            case "id": lastEventID = value
            case "event": event.type = value
            case "retry": retry = Int(value)
            case "data":
                event.data += (hasData ? "\n" : "") + value
                hasData = true
            default: break
            }
        }
        event.id = lastEventID
        return hasData ? event : nil
    }

    private mutating func readHead() async throws {
        guard case .head(let head) = try await inbound.next() else { return hasEnded = true }
        status = Int(head.status.code)
        guard status != 200 else { return }
        while try await readPiece() {}
        refusal = text
    }

    private mutating func readPiece() async throws -> Bool {
        guard !hasEnded else { return false }
        switch try await inbound.next() {
        case .body(let piece):
            text += String(buffer: piece)
            return true
        case .end:
            hasEnded = true
            return false
        case .head: return true
        case nil: throw ChannelError.eof
        }
    }
}
