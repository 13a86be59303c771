import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import TestSupport

/// Requests to nodes, of an administrator. A request that gets no answer in time throws.
///
/// Each has connections of its own: a pool that many share, and whose requests time out, gives nobody a connection for seconds.
final class HTTP: Sendable {
    let token: String
    private let client: HTTPClient

    init(token: String) {
        self.token = token
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(1)
        client = HTTPClient(eventLoopGroupProvider: .shared(Self.threads), configuration: configuration)
    }

    deinit { client.shutdown { _ in } }

    struct Answer: Sendable {
        let status: Int
        let text: String
        let seq: UInt64?
    }

    /// Of their own: those of all watchers are busy for a second or more when hundreds of them come back at once.
    private static let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    func send(_ method: String, _ url: String, _ body: String? = nil, key: String? = nil, within seconds: Int64 = 15) async throws
        -> Answer
    {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        if let key { request.headers.add(name: "idempotency-key", value: key) }
        let response = try await client.execute(request, timeout: .seconds(seconds))
        let text = String(buffer: try await response.body.collect(upTo: 64 << 20))
        return Answer(
            status: Int(response.status.code), text: text, seq: response.headers.first(name: "tallywire-seq").flatMap { UInt64($0) }
        )
    }
}
