import Synchronization
import TallywireClient
import TallywireTesting

/// A client that runs, and a record of what it was told.
struct Watch: Sendable {
    let client: TallywireClient
    private let record: Record

    private final class Record: Sendable {
        let events = Mutex<[TallywireClient.Event]>([])
        let states = Mutex<[TallywireClient.State]>([])
        let failures = Mutex<[TallywireClient.Failure]>([])
        let resumptions = Mutex<[TallywireClient.Resumption]>([])
    }

    var events: [TallywireClient.Event] { record.events.withLock { $0 } }
    /// Whose stock or price changed.
    var updated: [String] {
        events.compactMap { if case .inventoryUpdated(let update) = $0.body { update.sku } else { nil } }
    }
    var seqs: [UInt64] { events.map(\.seq) }
    var states: [TallywireClient.State] { record.states.withLock { $0 } }
    var failures: [TallywireClient.Failure] { record.failures.withLock { $0 } }
    var outcomes: [TallywireClient.Resumption.Outcome] { record.resumptions.withLock { $0 }.map(\.outcome) }

    /// Runs a client while `body` does, and ends it then.
    static func run(
        _ port: Int, rooms: [String], live: Bool = true, token: (@Sendable () async throws -> String?)? = nil,
        configuring configure: (inout TallywireClient.Configuration) -> Void = { _ in }, _ body: (Watch) async throws -> Void
    ) async throws {
        var configuration = TallywireClient.Configuration(url: "ws://127.0.0.1:\(port)/ws", rooms: rooms, token: token)
        configuration.minDelay = .milliseconds(20)
        configuration.maxDelay = .milliseconds(200)
        configuration.pongTimeout = .milliseconds(500)
        configure(&configuration)
        let client = TallywireClient(configuration)
        let record = Record()
        let (events, states, failures, resumptions) = (client.events, client.states, client.failures, client.resumptions)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await event in events { record.events.withLock { $0.append(event) } } }
            group.addTask { for await state in states { record.states.withLock { $0.append(state) } } }
            group.addTask { for await failure in failures { record.failures.withLock { $0.append(failure) } } }
            group.addTask { for await resumption in resumptions { record.resumptions.withLock { $0.append(resumption) } } }
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            if live { try await client.waitUntilLive() }
            try await body(Watch(client: client, record: record))
        }
    }

    func waitUntilLive() async throws {
        try await eventually("the client is live") { client.state.phase == .live }
    }
}
