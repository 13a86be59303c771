import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SQLiteJournal
import TallywireCluster
import TallywireCore

/// What a node answers to other nodes: `/internal/commands`, `/internal/snapshot` and `/internal/status`. Callers show the secret of the cluster.
public struct ClusterRoutes: Sendable {
    private let node: ClusterNode
    private let secret: SharedSecret
    private let copies: JournalCopies
    private let logger: Logger

    public init(_ node: ClusterNode, copies: JournalCopies, secret: String, logger: Logger) {
        self.node = node
        self.secret = SharedSecret(secret)
        self.logger = logger
        self.copies = copies
    }

    public func add(to router: Router<some RequestContext>) {
        router.post("/internal/commands") { request, _ in try await takeCommands(request) }
        router.get("/internal/snapshot") { request, context in try await sendJournal(request, context) }
        router.get("/internal/status") { request, _ in try sayStatus(request) }
    }

    private func takeCommands(_ request: Request) async throws -> Response {
        try secret.check(request.headers)
        guard let commands = await node.forwardedCommands() else {
            throw Problem.unavailable("this node does not lead the cluster at the moment")
        }
        let connection = CommandConnection(commands, logger: logger)
        return Response(
            status: .ok, headers: [.contentType: "application/x-ndjson", .connection: "close"],
            body: ResponseBody { writer in
                try await connection.run(request.body, &writer)
                try await writer.finish(nil)
            })
    }

    private func sayStatus(_ request: Request) throws -> Response {
        try secret.check(request.headers)
        let status = PeerStatus(node: node.configuration.node, logSilenceSeconds: node.logSilence)
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(status))))
    }

    private func sendJournal(_ request: Request, _ context: some RequestContext) async throws -> Response {
        try secret.check(request.headers)
        let copy: JournalCopies.Copy
        do {
            copy = try await copies.make()
        } catch is JournalCopies.Busy {
            throw Problem.unavailable("another node copies the journal at the moment: come back in a moment, or ask another node")
        }
        return try await .file(
            copy.path, bytes: copy.bytes, mediaType: "application/vnd.sqlite3", holding: copy, context: context)
    }
}
