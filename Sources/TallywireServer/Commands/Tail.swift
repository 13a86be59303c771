import ArgumentParser
import Foundation
import TallywireCore
import TallywirePipeline

struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow a running server's events in the terminal.",
        discussion: """
            Without --room it follows the journal: every event of every type. With --room it is a WebSocket client and shows what that room \
            gets. It goes on by itself when the server was away, without a gap.
            """)

    @Option(help: "Follow this room through a WebSocket.") var room: String?
    @Option(help: "Begin after this event instead of now.") var since: UInt64?
    @Flag(help: "Print each event as a line of JSON.") var json = false
    @Option(help: "End after so many events.") var count: Int?
    @OptionGroup var options: ClientOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is at least 1") }
    }

    func run() async throws {
        let printer = EventPrinter(asJSON: json)
        var follower = Follower(
            client: try ServerClient(options), position: since, left: count, print: { printer.print($0) })
        if let room {
            let source = try RoomSource(room, options)
            try await follower.follow(
                source,
                try RoomStream(follower.client.url, path: source.path, room: room, token: options.bearer, tls: options.tls()))
        } else {
            try await follower.followJournal()
        }
    }
}

/// What a room gets, as far as the configuration tells: needed to show what was missed.
private struct RoomSource {
    let path: String
    /// The types of the room, `nil` if the configuration does not name it.
    let types: Set<String>?

    init(_ room: String, _ options: ClientOptions) throws {
        // With --server alone there need not be a configuration at hand.
        let sinks = options.server == nil ? try options.configuration.load().sinks : (try? options.configuration.load().sinks) ?? []
        let sink = sinks.first { $0.plugin == "websocket" }
        path = sink?.options["path"]?.string ?? "/ws"
        if case .list(let events)? = sink?.options["rooms"]?[room]?["events"]?.content {
            types = Set(events.compactMap(\.string))
        } else {
            types = nil
        }
    }
}

/// Follows events from a position, by whatever way.
private struct Follower {
    let client: ServerClient
    /// The last event that was shown or passed by; `nil` before the first answer, which says where now is.
    var position: UInt64?
    var left: Int?
    let print: (Data) -> Void

    private struct Page: Decodable {
        let items: [Event]
    }

    private struct Message: Decodable {
        let type: String
        let seq: UInt64?
        let message: String?
    }

    /// The journal through the HTTP API, asked again and again.
    mutating func followJournal() async throws {
        if position == nil { position = try await head() }
        while true {
            do {
                let more = try await replay(through: nil, types: nil)
                if left == 0 { return }
                if !more { try await Task.sleep(for: .milliseconds(200)) }
            } catch let failure as Failure where position != nil {
                FileHandle.standardError.write(Data("\(failure.message); trying again\n".utf8))
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// A room through a WebSocket; what came before the connection is read from the journal first.
    mutating func follow(_ source: RoomSource, _ stream: RoomStream) async throws {
        if position != nil, source.types == nil {
            throw Failure.usage("--since needs a room of the configuration, or no --room at all")
        }
        var isFirst = true
        while true {
            do {
                try await stream.forEachMessage { data in try await take(data, source) }
                if left == 0 { return }
                throw Failure("error: the server closed the connection")
            } catch let failure as Failure where !isFirst || position != nil {
                if failure.code.rawValue == 64 { throw failure }
                FileHandle.standardError.write(Data("\(failure.message); trying again\n".utf8))
                try await Task.sleep(for: .seconds(1))
            } catch is Ended {
                return
            }
            isFirst = false
        }
    }

    private struct Ended: Error {}

    private mutating func take(_ data: Data, _ source: RoomSource) async throws {
        let message = try JSONDecoder().decode(Message.self, from: data)
        switch message.type {
        case "welcome", "left", "pong": break
        case "joined":
            if let head = message.seq {
                if position != nil, let types = source.types {
                    while try await replay(through: head, types: types) {}
                }
                position = max(position ?? 0, head)
            }
        case "error": throw Failure.usage(message.message ?? String(decoding: data, as: UTF8.self))
        default:
            guard let seq = message.seq, seq > position ?? 0 else { return }
            position = seq
            show(data)
        }
        if left == 0 { throw Ended() }
    }

    /// Shows the next page of the journal after the position; says whether there is more, up to `end`.
    private mutating func replay(through end: UInt64?, types: Set<String>?) async throws -> Bool {
        let after = position ?? 0
        if let end, after >= end { return false }
        let data = try await client.get("/api/events?after=\(after)&limit=1000")
        let page = try JSONDecoder().decode(Page.self, from: data)
        for event in page.items where event.seq <= end ?? .max {
            position = event.seq
            if types?.contains(event.type.rawValue) ?? true { show(Data(event.json)) }
            if left == 0 { return false }
        }
        return page.items.count == 1000
    }

    private func head() async throws -> UInt64 {
        struct Ready: Decodable { let seq: UInt64 }
        return try JSONDecoder().decode(Ready.self, from: try await client.get("/api/pipeline")).seq
    }

    private mutating func show(_ data: Data) {
        guard left != 0 else { return }
        print(data)
        if let count = left { left = count - 1 }
    }
}
