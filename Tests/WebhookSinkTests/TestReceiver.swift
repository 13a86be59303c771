import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport

/// A receiver of webhooks on a free port, which answers as a test wants.
final class TestReceiver: Sendable {
    /// A request that came.
    struct Post: Sendable {
        let headers: [String: String]
        let body: [UInt8]
        let method: String

        var text: String { String(decoding: body, as: UTF8.self) }
        /// The seqs in the body, of one event or of several.
        var seqs: [UInt64] {
            guard let value = try? JSONSerialization.jsonObject(with: Data(body)) else { return [] }
            let events = value as? [[String: Any]] ?? [value as? [String: Any] ?? [:]]
            return events.compactMap {
                ($0["seq"] as? NSNumber)?.uint64Value ?? ($0["id"] as? String).flatMap { UInt64($0.dropFirst(2)) }
            }
        }
    }

    /// What a request is answered.
    struct Reply: Sendable {
        var status = 200
        var headers: [String: String] = [:]
        /// Whether the body has no end.
        var isEndless = false
        /// Whether nothing is answered at all.
        var isSilent = false
    }

    typealias Behaviour = @Sendable (_ post: Post, _ number: Int) async -> Reply

    private let state = Mutex((posts: [Post](), open: 0, mostOpen: 0))
    private let behaviour: Behaviour

    init(_ behaviour: @escaping Behaviour = { _, _ in Reply() }) { self.behaviour = behaviour }

    var posts: [Post] { state.withLock { $0.posts } }
    /// The most requests that were open at once.
    var mostOpen: Int { state.withLock { $0.mostOpen } }

    /// Runs `test` with the receiver's port.
    func run(tls certificate: TestCertificate? = nil, _ test: @escaping @Sendable (_ port: Int) async throws -> Void) async throws {
        var logger = Logger(label: "receiver")
        logger.logLevel = .critical
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        var server = HTTPServerBuilder.http1()
        if let certificate {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificate.utf8)).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(certificate.key.utf8), format: .pem)))
            configuration.applicationProtocols = ["http/1.1"]
            server = try .tls(.http1(), tlsConfiguration: configuration)
        }
        let application = Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in try await self.answer(request) },
            server: server,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in found.yield(channel.localAddress?.port ?? 0) }, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            for await port in ports {
                try await test(port)
                break
            }
            group.cancelAll()
        }
    }

    private func answer(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 16 << 20)
        let fields = request.headers.map { ($0.name.canonicalName, $0.value) } + [("host", request.head.authority ?? "")]
        let post = Post(
            headers: Dictionary(fields) { first, _ in first },
            body: Array(body.readableBytesView), method: request.method.rawValue)
        let number = state.withLock { state in
            state.posts.append(post)
            state.open += 1
            state.mostOpen = max(state.mostOpen, state.open)
            return state.posts.count
        }
        defer { state.withLock { $0.open -= 1 } }
        let reply = await behaviour(post, number)
        if reply.isSilent { try await Task.sleep(for: .seconds(3_600)) }
        var response = Response(status: .init(code: reply.status))
        for (name, value) in reply.headers { response.headers[.init(name)!] = value }
        if reply.isEndless {
            response.body = ResponseBody { writer in
                while !Task.isCancelled { try await writer.write(ByteBuffer(repeating: 0x20, count: 16 << 10)) }
            }
        }
        return response
    }
}
