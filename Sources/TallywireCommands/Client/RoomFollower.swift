import Foundation
import Logging
import NIOSSL
import TallywireClient
import TallywireCore

/// Follows a room of a running server through a WebSocket, for the terminal.
struct RoomFollower {
    /// The URL of the server's WebSocket; `http` and `https` are accepted too.
    let url: String
    let room: String
    /// Begin after this event; `nil` begins now.
    let since: UInt64?
    let token: String?
    let tls: TLSConfiguration

    private enum Step { case joined, done, ended }

    /// Calls `show` with each event as it comes, until there were `count`. Reconnects by itself when the connection is lost. Throws
    /// when the first connection cannot be made, or the server refuses the client.
    func follow(count: Int?, _ show: @escaping @Sendable (Data) -> Void) async throws {
        let position = try await start()
        let client = client()
        let (events, states, resumptions) = (client.events, client.states, client.resumptions)
        try await withThrowingTaskGroup(of: Step.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await join(client, from: position) }
            group.addTask { await read(events, count, show) }
            group.addTask { try await watch(states) }
            group.addTask { await watch(resumptions) }
            group.addTask {
                try await client.run()
                return .ended
            }
            while let step = try await group.next(), step != .done {}
        }
    }

    private func client() -> TallywireClient {
        var configuration = TallywireClient.Configuration(url: url, snapshot: false)
        if let token { configuration.token = { token } }
        configuration.tls = tls
        configuration.eventBuffer = 100_000
        // This command reports everything itself, so the client does not log.
        return TallywireClient(configuration, logger: Logger(label: "tallywire.tail", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// The position to begin with. A position belongs to a journal, so the server is first asked for its epoch.
    private func start() async throws -> TallywireClient.Position? {
        guard let since else { return nil }
        let client = client()
        let states = client.states
        return try await withThrowingTaskGroup(of: Step.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await client.run()
                return .ended
            }
            group.addTask { try await watch(states) }
            group.addTask {
                try await client.waitUntilLive()
                return .joined
            }
            while let step = try await group.next(), step != .joined {}
            return client.epoch.map { TallywireClient.Position(epoch: $0, seq: since) }
        }
    }

    private func join(_ client: TallywireClient, from position: TallywireClient.Position?) async throws -> Step {
        do {
            let joined = try await client.join(room, since: position)
            if position != nil, joined.isRecovered == false { Self.printGap() }
            return .joined
        } catch let failure as TallywireClient.Failure where failure.code == .forbidden {
            throw Failure("error: \(failure.message): give a token with --token or in $TALLYWIRE_TOKEN")
        } catch let failure as TallywireClient.Failure where failure.code != .closed {
            throw Failure.usage(failure.message)
        }
    }

    private func read(
        _ events: TallywireClient.Updates<TallywireClient.Event>, _ count: Int?, _ show: @Sendable (Data) -> Void
    ) async -> Step {
        var left = count
        for await event in events {
            if event.missed > 0 { Self.printNotice("\(event.missed) events are not shown, because this terminal was too slow") }
            show(Data(event.json.utf8))
            left = left.map { $0 - 1 }
            if left == 0 { return .done }
        }
        return .ended
    }

    /// Reports that the connection was lost. Throws when waiting is of no use.
    private func watch(_ states: TallywireClient.Updates<TallywireClient.State>) async throws -> Step {
        var hasBeenLive = false
        for await state in states {
            if state.isLive { hasBeenLive = true }
            guard case .waiting = state.phase, let failure = state.lastFailure else { continue }
            if failure.code == .unauthenticated {
                throw Failure(
                    token == nil
                        ? "error: the server asks for a token: give one with --token or in $TALLYWIRE_TOKEN"
                        : "error: the server does not take the token: it has expired, or is not for this server")
            }
            if !hasBeenLive { throw Failure("error: \(advice(failure))") }
            Self.printNotice("\(failure.message); trying again")
        }
        return .ended
    }

    private func watch(_ resumptions: TallywireClient.Updates<TallywireClient.Resumption>) async -> Step {
        var isFirst = true
        for await resumption in resumptions {
            switch resumption.outcome {
            case .values where !isFirst: Self.printGap()
            case .anotherJournal:
                Self.printNotice("the server has another journal now: the events from here on are of that journal")
            case .begun, .replayed, .values: break
            }
            isFirst = false
        }
        return .ended
    }

    private func advice(_ failure: TallywireClient.Failure) -> String {
        switch failure.code {
        case .untrusted: "\(failure.message): give --ca a file with the certificate to trust"
        case .refused: "\(failure.message): check that the server has a sink websocket, with that path"
        default: failure.message
        }
    }

    private static func printGap() {
        printNotice("some events before this line are not shown: they are older than what the room's “replay” keeps")
    }

    private static func printNotice(_ message: String) { FileHandle.standardError.write(Data("\(message)\n".utf8)) }
}
