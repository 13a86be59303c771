import AsyncHTTPClient
import ClientTLS
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import TallywireAccess
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The other side of a webhook: a URL whose name is resolved once, and connections to the address that was found.
///
/// A name that leads to a public address while it is checked and to a private one while it is used (DNS rebinding) has no effect,
/// since it is looked up once for both. After a failed connection ``renew()`` looks it up again.
///
/// Safe from any task. ``renew()`` and ``close()`` are called while no request is open.
final class Receiver: Sendable {
    private let options: WebhookOptions
    private let lookup: AddressLookup
    private let userAgent: String
    private let host: String
    /// What messages call the receiver: the URL's path and query may contain secrets.
    let name: String
    private let state = Mutex(State())

    private struct State {
        var client: HTTPClient?
        /// How often the name was looked up, so that the next of several addresses has its turn.
        var lookups = 0
    }

    /// How long the rest of an answer is read whose status has come, and how much of it. A connection with more to read is closed.
    private static let restLimit = (time: Duration.seconds(2), bytes: 64 << 10)

    init(_ options: WebhookOptions, version: String, lookup: AddressLookup = .system) throws(OptionError) {
        self.options = options
        self.lookup = lookup
        userAgent = "Tallywire/\(version)"
        guard let url = URLComponents(string: options.url), let host = url.host, let scheme = url.scheme else {
            throw OptionError("url", message: "this is no URL with a host")
        }
        self.host = host
        name = "\(scheme)://\(host)\(url.port.map { ":\($0)" } ?? "")"
    }

    deinit { close() }

    // MARK: Connections

    /// The client that is bound to one address of the receiver, made if there is none.
    private func client() async throws -> HTTPClient {
        if let client = state.withLock({ $0.client }) { return client }
        let address = try await address()
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try options.tls.configuration(), redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(options.timeout)), decompression: .disabled)
        configuration.dnsOverride = [host: address]
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = options.concurrency
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let other = state.withLock { state in
            if let other = state.client { return other as HTTPClient? }
            state.client = client
            return nil
        }
        guard let other else { return client }
        client.shutdown { _ in }
        return other
    }

    /// An address of the receiver to which requests may go.
    private func address() async throws -> String {
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let all = try await lookup.addresses(bare)
        let allowed = options.allowPrivate ? all : all.filter { IPAddress($0).map { !PrivateAddresses.contains($0) } ?? false }
        guard !allowed.isEmpty else {
            throw SinkError.unavailable(
                """
                \(name) leads to \(all.prefix(3).joined(separator: ", ")), which is an address of this machine or of a private network: \
                set "allowPrivate": true if that is meant
                """)
        }
        let turn = state.withLock { state in
            defer { state.lookups += 1 }
            return state.lookups
        }
        return allowed[turn % allowed.count]
    }

    /// Closes all connections. The next request looks the name up again.
    func renew() { close() }

    func close() {
        let client = state.withLock { state in
            defer { state.client = nil }
            return state.client
        }
        // An error here says that the client was closed before.
        client?.shutdown { _ in }
    }

    // MARK: Requests

    /// An answer's status, and its `Retry-After`.
    struct Reply: Sendable {
        let status: Int
        let reason: String
        let retryAfter: String?
    }

    /// Posts `message` with `signatures`, which are separated by spaces. Throws ``Silence`` if there is no answer in time.
    func post(_ message: WebhookMessage, timestamp: Int64, signatures: String?) async throws -> Reply {
        var request = HTTPClientRequest(url: options.url)
        request.method = .POST
        for (name, value) in options.headers { request.headers.add(name: name, value: value) }
        request.headers.replaceOrAdd(name: "content-type", value: message.contentType)
        if request.headers["user-agent"].isEmpty { request.headers.add(name: "user-agent", value: userAgent) }
        request.headers.add(name: "webhook-id", value: message.id)
        // Of several events there is no one operation; each names its own.
        if message.records.count == 1, let trace = message.records[0].trace {
            request.headers.add(name: TraceParent.name, value: trace.description)
        }
        request.headers.add(name: "webhook-timestamp", value: String(timestamp))
        if let signatures { request.headers.add(name: "webhook-signature", value: signatures) }
        request.body = .bytes(ByteBuffer(bytes: message.body))
        return try await send(request)
    }

    /// Asks for the URL's head, so that it is known whether somebody answers there.
    func probe() async throws {
        var request = HTTPClientRequest(url: options.url)
        request.method = .HEAD
        request.headers.add(name: "user-agent", value: userAgent)
        _ = try await send(request)
    }

    private func send(_ request: HTTPClientRequest) async throws -> Reply {
        let response: HTTPClientResponse
        do {
            response = try await client().execute(request, timeout: TimeAmount(options.timeout))
        } catch {
            throw try Silence(error, name: name, timeout: options.timeout)
        }
        await readRest(of: response)
        return Reply(
            status: Int(response.status.code), reason: response.status.reasonPhrase,
            retryAfter: response.headers.first(name: "retry-after"))
    }

    /// Reads what follows the head, so that the connection can be used again. The status is the answer already: what goes wrong here
    /// costs the connection only.
    private func readRest(of response: HTTPClientResponse) async {
        guard response.headers.first(name: "content-length") != "0" else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await response.body.collect(upTo: Self.restLimit.bytes) }
            group.addTask { try? await Task.sleep(for: Self.restLimit.time) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// Why a request got no answer, in words without header fields and without the URL's path.
struct Silence: Error, CustomStringConvertible {
    let description: String

    /// The words for an error of the client. Throws the errors that are none of the connection.
    init(_ error: any Error, name: String, timeout: Duration) throws {
        switch error {
        case is CancellationError, is SinkError: throw error
        case let error as HTTPClientError where error == .cancelled: throw CancellationError()
        case let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout:
            description = "\(name) did not answer within \(timeout.configurationText)"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            description = "\(name) closed the connection without an answer"
        case let error as IOError:
            description = "\(name) cannot be reached: \(String(cString: strerror(error.errnoCode)))"
        case let error as NIOConnectionError:
            let reason = error.connectionErrors.first.map { "\($0.error)" } ?? "no address could be tried"
            description = "\(name) cannot be reached: \(reason)"
        case let error as NIOSSLError: description = "TLS with \(name) failed: \(error)"
        case let error as NIOSSLExtraError: description = "TLS with \(name) failed: \(error.description)"
        default: description = "\(name): \(error)"
        }
    }
}
