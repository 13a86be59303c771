import AsyncHTTPClient
import ClientTLS
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Synchronization
import TallywireConfiguration
import TallywireCore

/// The HTTP API of a site, at one of its addresses.
///
/// Each answer comes with the position in the site's journal at which it holds. What is not the answer of a Tallywire is a
/// ``SiteFailure`` that says so. Safe from any task.
final class SiteClient: Sendable {
    let options: SiteOptions
    let http: HTTPClient
    private let userAgent: String
    private let current = Mutex(0)

    /// The largest answer that is read. A page of products with the most variants that one can have is far below it.
    static let answerLimit = 256 << 20
    /// The server sends something every 15 seconds. A stream on which nothing came for so long is dead.
    static let silence = Duration.seconds(45)
    /// The most bytes of an epoch. Tallywire's have 36.
    private static let longestEpoch = 64

    /// - Throws: ``SiteFailure`` for files of TLS that cannot be used.
    init(_ options: SiteOptions, version: String, silence: Duration = SiteClient.silence) throws(SiteFailure) {
        self.options = options
        userAgent = "Tallywire/\(version)"
        do {
            var configuration = HTTPClient.Configuration(
                tlsConfiguration: try options.tls.configuration(), redirectConfiguration: .disallow,
                timeout: .init(connect: TimeAmount(options.timeout), read: TimeAmount(silence)), decompression: .disabled)
            configuration.connectionPool.retryConnectionEstablishment = false
            http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        } catch {
            throw SiteFailure("the files of “tls” cannot be used: \(error)")
        }
    }

    deinit { close() }

    /// Ends all connections.
    func close() {
        // An error here says that the client was closed before.
        http.shutdown { _ in }
    }

    // MARK: Addresses

    /// The number of addresses.
    var count: Int { options.url.all.count }

    /// The address in use, without what may be secret.
    var place: String {
        let parts = URLComponents(string: address)
        return "\(parts?.scheme ?? "")://\(parts?.host ?? "")\(parts?.port.map { ":\($0)" } ?? "")"
    }

    private var address: String { options.url.all[current.withLock { $0 }] }

    /// Uses the next address from now on.
    func goOn() { current.withLock { $0 = ($0 + 1) % count } }

    // MARK: Answers

    func get<Answer: Decodable>(_ path: String) async throws -> (Answer, JournalPosition) {
        switch try await answer(to: path, as: Answer.self) {
        case .found(let answer, let position): return (answer, position)
        case .missing: throw foreign("it has no \(path.prefix { $0 != "?" })")
        }
    }

    /// Returns `nil` for what the site does not have.
    ///
    /// The answer that something is missing has no position. So the position is read first, and then it is asked again.
    func find<Answer: Decodable>(_ path: String) async throws -> (Answer?, JournalPosition) {
        if case .found(let answer, let position) = try await answer(to: path, as: Answer.self) { return (answer, position) }
        let before = try await locations().1
        guard case .found(let answer, let position) = try await answer(to: path, as: Answer.self) else { return (nil, before) }
        return (answer, position)
    }

    private enum Found<Answer> {
        case found(Answer, JournalPosition)
        case missing
    }

    private func answer<Answer: Decodable>(to path: String, as type: Answer.Type) async throws -> Found<Answer> {
        do {
            let response = try await http.execute(request(path), timeout: TimeAmount(options.timeout))
            let body = try await response.body.collect(upTo: Self.answerLimit)
            if response.status == .notFound, let code = Problem(body)?.code, code.hasPrefix("unknown_") { return .missing }
            try check(response, body)
            guard let epoch = response.headers.first(name: "Tallywire-Epoch"),
                let seq = response.headers.first(name: "Tallywire-Seq").flatMap({ UInt64($0) })
            else { throw foreign("its answer has no Tallywire-Epoch") }
            // It is a part of the commands' ids.
            guard (1...Self.longestEpoch).contains(epoch.utf8.count), epoch.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw foreign("its Tallywire-Epoch is none")
            }
            do {
                return .found(try JSONDecoder().decode(Answer.self, from: body), JournalPosition(epoch: epoch, seq: seq))
            } catch {
                throw foreign("its answer to \(path.prefix { $0 != "?" }) cannot be read: \(error)")
            }
        } catch {
            throw try SiteFailure(error, at: place, timeout: options.timeout)
        }
    }

    /// What is used of a problem document.
    private struct Problem: Decodable {
        let code: String
        let detail: String?

        init?(_ body: ByteBuffer) {
            guard let problem = try? JSONDecoder().decode(Self.self, from: body) else { return nil }
            self = problem
        }
    }

    // MARK: Requests

    func request(_ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: (address.hasSuffix("/") ? String(address.dropLast()) : address) + path)
        request.headers.add(name: "User-Agent", value: userAgent)
        if let token = options.token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        return request
    }

    /// Throws what an answer other than 200 means.
    func check(_ response: HTTPClientResponse, _ body: ByteBuffer) throws(SiteFailure) {
        switch response.status {
        case .ok: return
        case .unauthorized where options.token == nil:
            throw SiteFailure("\(place) asks for a token: give a “token” of the site with the role admin")
        case .unauthorized:
            throw SiteFailure("\(place) does not take the “token”: it has expired, was revoked or is of another server")
        case .forbidden: throw SiteFailure("\(place) does not let the “token” read everything: it needs one with the role admin")
        case let status:
            guard let problem = Problem(body) else { throw foreign("it answers \(status.code)") }
            throw SiteFailure("\(place) answers \(status.code) \(problem.code): \((problem.detail ?? "").excerpt)")
        }
    }

    func foreign(_ reason: String) -> SiteFailure {
        SiteFailure("\(place) is no Tallywire, or another version: \(reason). Look at the “url”")
    }
}
