import Foundation
import Hummingbird
import Logging
import NIOCore
import TallywireCluster
import TallywireCore

/// The commands of one other node, as the leader takes and answers them.
struct CommandConnection: Sendable {
    private let commands: ForwardedCommands
    private let logger: Logger
    private let answers: AsyncStream<ByteBuffer>
    private let newAnswer: AsyncStream<ByteBuffer>.Continuation

    init(_ commands: ForwardedCommands, logger: Logger) {
        self.commands = commands
        self.logger = logger
        (answers, newAnswer) = AsyncStream.makeStream()
    }

    /// Runs until the other node ends the connection.
    func run(_ body: RequestBody, _ writer: inout any ResponseBodyWriter) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { newAnswer.finish() }
                try await read(body)
            }
            group.addTask {
                while !Task.isCancelled {
                    newAnswer.yield(ForwardingLines.signOfLife)
                    try await Task.sleep(for: HTTPLeaderLink.pulse)
                }
            }
            defer { group.cancelAll() }
            for await answer in answers { try await writer.write(answer) }
        }
    }

    private func read(_ body: RequestBody) async throws {
        var reader = ForwardingLines()
        do {
            for try await piece in body {
                for group in try reader.read(piece) { take(try group.lines.map { try Command(encoded: $0) }, group) }
            }
        } catch let error as ForwardingError {
            logger.error("Another node sent what is no command, and its connection ends.", metadata: ["error": "\(error)"])
        } catch let error as DecodingError {
            logger.error(
                "Another node sent a command that this one cannot read, and its connection ends. Bring all nodes to one version.",
                metadata: ["error": "\(error)"])
        }
    }

    private func take(_ all: [Command], _ group: ForwardingLines.Group) {
        commands.take(all, ticket: group.ticket, session: group.session) { [newAnswer] answer in
            newAnswer.yield(
                ForwardingLines.written(ticket: answer.ticket, session: answer.session, answer.outcomes.map(\.line)))
        }
    }
}
