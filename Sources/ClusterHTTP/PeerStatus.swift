import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TallywireCore

/// What a node says of itself to whoever shows the secret of the cluster, also while it can say nothing to etcd.
public struct PeerStatus: Codable, Equatable, Sendable {
    /// The node's name.
    public var node: String
    /// How many seconds ago etcd answered the node; before its first answer, how many seconds ago the node began.
    public var logSilenceSeconds: Double
}

extension PeerClient {
    /// Asks the node at `address` for its status. Throws if it does not answer in time, or refuses.
    public func status(of address: String) async throws -> PeerStatus {
        let request = request("/internal/status", of: address)
        let response = try await begin(request, within: timeout)
        guard response.status == .ok else { throw await Self.refusal(response, of: request.url) }
        let body = try await response.body.collect(upTo: 1 << 16)
        return try JSONDecoder().decode(PeerStatus.self, fromOutside: body.readableBytesView)
    }
}
