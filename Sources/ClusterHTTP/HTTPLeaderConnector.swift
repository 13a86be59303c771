import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import TallywireCluster
import TallywireCore

/// Connects to the leader by a request to its `/internal/commands`, whose body and whose answer are lines both ways.
public struct HTTPLeaderConnector: LeaderConnector {
    private let peers: PeerClient
    private let logger: Logger

    public init(_ peers: PeerClient, logger: Logger) {
        self.peers = peers
        self.logger = logger
    }

    public func connect(
        to leader: LeaderClaim, received: @escaping @Sendable (ForwardedAnswer?) -> Void
    ) async throws -> any LeaderLink {
        let (body, lines) = AsyncStream.makeStream(of: ByteBuffer.self)
        var request = peers.request("/internal/commands", of: leader.address)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/x-ndjson")
        request.body = .stream(body, length: .unknown)
        lines.yield(ForwardingLines.signOfLife)
        do {
            let response = try await peers.begin(request, within: peers.timeout)
            guard response.status == .ok else { throw await PeerClient.refusal(response, of: request.url) }
            return HTTPLeaderLink(response.body, lines: lines, logger: logger, received: received)
        } catch {
            lines.finish()
            throw error
        }
    }
}
