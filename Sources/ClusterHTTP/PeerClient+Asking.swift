import AsyncHTTPClient
import NIOCore
import NIOHTTP1

extension PeerClient {
    /// An answer of another node, whole.
    public struct Answer: Sendable {
        public let status: Int
        public let contentType: String?
        /// The header `Tallywire-Seq`.
        public let seq: String?
        public let body: ByteBuffer
    }

    /// Asks another node what a caller has asked this one, with the caller's own token. The other node does not pass it on again.
    public func ask(
        _ method: String, _ path: String, of address: String, authorization: String?, body: ByteBuffer
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: address + path)
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "tallywire-relayed", value: "1")
        if let authorization { request.headers.add(name: "authorization", value: authorization) }
        if body.readableBytes > 0 {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        let response = try await begin(request, within: timeout)
        return Answer(
            status: Int(response.status.code), contentType: response.headers.first(name: "content-type"),
            seq: response.headers.first(name: "tallywire-seq"),
            body: try await response.body.collect(upTo: Self.largestAnswer))
    }

    private static let largestAnswer = 64 << 20
}
