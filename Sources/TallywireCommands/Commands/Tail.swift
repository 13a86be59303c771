import ArgumentParser
import Foundation
import PipelineHost
import TallywireCore
import TallywirePipeline

struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow a running server's events in the terminal.",
        discussion: """
            Without --room it follows the journal: every event of every type. With --room it is a WebSocket client and shows what that room \
            gets. It continues by itself, without a gap, when the server was away; in a room, as far back as the room's “replay” keeps events.
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
        let client = try ServerClient(options)
        if let room {
            let follower = RoomFollower(
                url: client.url + (try path()), room: room, since: since, token: client.token, tls: try options.tls())
            try await follower.follow(count: count) { printer.print($0) }
        } else {
            var follower = Follower(client: client, position: since, left: count, print: { printer.print($0) })
            try await follower.followJournal()
        }
    }

    /// The path of the WebSocket, as far as the configuration says so.
    private func path() throws -> String {
        // With --server alone there may be no configuration.
        let sinks = options.server == nil ? try options.configuration.load().sinks : (try? options.configuration.load().sinks) ?? []
        return sinks.lazy.compactMap { $0.type.webSocketPath($0.options) }.first ?? "/ws"
    }
}

/// Follows the journal from a position.
private struct Follower {
    let client: ServerClient
    /// The last event that was shown or skipped; `nil` before the first response, which says where the journal ends.
    var position: UInt64?
    var left: Int?
    let print: (Data) -> Void

    private struct Page: Decodable {
        let items: [Event]
    }

    /// Follows the journal through the HTTP API, by asking repeatedly.
    mutating func followJournal() async throws {
        if position == nil { position = try await head() }
        while true {
            do {
                let more = try await showPage()
                if left == 0 { return }
                if !more { try await Task.sleep(for: .milliseconds(200)) }
            } catch let failure as Failure where position != nil {
                FileHandle.standardError.write(Data("\(failure.message); trying again\n".utf8))
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Shows the journal's next page after the position. Returns whether there is more.
    private mutating func showPage() async throws -> Bool {
        let data = try await client.get("/api/events?after=\(position ?? 0)&limit=1000")
        let page = try JSONDecoder().decode(Page.self, fromOutside: data)
        for event in page.items {
            position = event.seq
            show(Data(event.json))
            if left == 0 { return false }
        }
        return page.items.count == 1000
    }

    private func head() async throws -> UInt64 {
        struct Ready: Decodable { let seq: UInt64 }
        return try JSONDecoder().decode(Ready.self, fromOutside: try await client.get("/api/pipeline")).seq
    }

    private mutating func show(_ data: Data) {
        guard left != 0 else { return }
        print(data)
        if let count = left { left = count - 1 }
    }
}
