import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import Synchronization
import TallywireCluster
import TallywireCore

/// One connection to the leader. A connection over which nothing comes for ``silence`` is lost.
final class HTTPLeaderLink: LeaderLink {
    /// How often each side gives a sign of life, and after what time without one the connection counts as lost.
    static let pulse: Duration = .milliseconds(500)
    static let silence: Duration = .seconds(3)

    private let lines: AsyncStream<ByteBuffer>.Continuation
    private let logger: Logger
    private let received: @Sendable (ForwardedAnswer?) -> Void
    private let lastPiece = Mutex(ContinuousClock.now)
    private let isClosed = Atomic(false)
    private let work = Mutex<Task<Void, Never>?>(nil)

    init(
        _ answers: HTTPClientResponse.Body, lines: AsyncStream<ByteBuffer>.Continuation, logger: Logger,
        received: @escaping @Sendable (ForwardedAnswer?) -> Void
    ) {
        self.lines = lines
        self.logger = logger
        self.received = received
        let task = Task { await self.run(answers) }
        work.withLock { $0 = task }
    }

    func send(_ submissions: [ForwardQueue.Submission], session: UInt64) {
        var buffer = ByteBuffer()
        do {
            for submission in submissions {
                var group = ForwardingLines.written(
                    ticket: submission.ticket, session: session, try submission.commands.map { try $0.encoded() })
                buffer.writeBuffer(&group)
            }
        } catch {
            // A hole in what is sent must not be: the connection is lost with it.
            logger.error("A command cannot be sent to the leader.", metadata: ["error": "\(error)"])
            return lose()
        }
        lines.yield(buffer)
    }

    func close() {
        isClosed.store(true, ordering: .releasing)
        lose()
    }

    private func lose() {
        lines.finish()
        work.withLock { $0 }?.cancel()
    }

    private func run(_ answers: HTTPClientResponse.Body) async {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.read(answers) }
                group.addTask { try await self.watch() }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch is CancellationError {
        } catch {
            logger.debug("The connection to the leader is lost.", metadata: ["error": "\(error)"])
        }
        lines.finish()
        if !isClosed.load(ordering: .acquiring) { received(nil) }
    }

    private func read(_ answers: HTTPClientResponse.Body) async throws {
        var reader = ForwardingLines()
        let decoder = JSONDecoder()
        for try await piece in answers {
            lastPiece.withLock { $0 = .now }
            for group in try reader.read(piece) {
                let outcomes = try group.lines.map { try decoder.decode(Outcome.self, fromOutside: $0) }
                guard !isClosed.load(ordering: .acquiring) else { return }
                received(ForwardedAnswer(ticket: group.ticket, session: group.session, outcomes: outcomes))
            }
        }
    }

    /// Gives signs of life. Returns when the other side gives none.
    private func watch() async throws {
        while lastPiece.withLock({ ContinuousClock.now - $0 }) < Self.silence {
            try await Task.sleep(for: Self.pulse)
            lines.yield(ForwardingLines.signOfLife)
        }
    }
}
