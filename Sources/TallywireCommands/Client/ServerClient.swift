import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import TallywireClient
import TallywireCore

/// Calls a running server's HTTP API for the command line.
package struct ServerClient: Sendable {
    /// For the life of the process. This client reports at once that no server answers; the shared one tries for a minute.
    static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private let tls: TLSConfiguration
    package let url: String
    let token: String?

    package init(_ options: ClientOptions) throws {
        url = try options.baseURL()
        token = try options.bearer()
        tls = try options.tls()
    }

    /// The response to a call.
    package struct Response: Sendable {
        package let status: UInt
        package let body: Data
        /// The server's clock, to the second; `nil` for a response that does not say it.
        package var date: Timestamp?

        /// Returns the body if the server did what was asked. Otherwise throws what the server said, with `advice` where nobody can say
        /// whether it was done.
        func accepted(_ what: String, ifUnknown advice: String? = nil) throws -> Data {
            if (200..<300).contains(status) { return body }
            let problem = try? JSONDecoder().decode(Problem.self, fromOutside: body)
            let hint = problem?.code == Rejection.Code.unknown.rawValue ? advice.map { "\n\($0)" } ?? "" : ""
            throw Failure("error: \(what): \(problem?.text ?? "the server answered \(status)")\(hint)")
        }
    }

    struct Problem: Decodable {
        let code: String?
        let detail: String?
        let title: String?
        let field: String?

        var text: String {
            let message = detail ?? title ?? "refused"
            return "\(message)\(field.map { " (at \($0))" } ?? "")\(code.map { " [\($0)]" } ?? "")"
        }
    }

    package func get(_ path: String) async throws -> Data {
        try await call(.GET, path).accepted("GET \(path)")
    }

    package func call(_ method: HTTPMethod, _ path: String, body: Data? = nil, contentType: String = "application/json")
        async throws
        -> Response
    {
        var request = request(method, path)
        if let body {
            request.headers.add(name: "Content-Type", value: contentType)
            request.body = .bytes(body)
        }
        do {
            let response = try await Self.http.execute(request, timeout: .seconds(60))
            let bytes = try await response.body.collect(upTo: 256 << 20)
            return Response(
                status: response.status.code, body: Data(buffer: bytes),
                date: response.headers.first(name: "Date").flatMap(Self.time))
        } catch {
            throw Failure("error: \(url) does not answer: \(Self.reason(error))")
        }
    }

    func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        request.tlsConfiguration = tls
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        return request
    }

    /// Reads the time of a response (RFC 9110, 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func time(_ text: String) -> Timestamp? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text).map { Timestamp(milliseconds: Int64($0.timeIntervalSince1970 * 1000)) }
    }

    /// Why no response came, and what to do, in a sentence. The text shows nothing of the request, which contains the token.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded || error == .readTimeout:
            return "no response came in time: check that --server is the address of the Tallywire server"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return "the connection was closed: check the address in --server, and whether it is http or https"
        case let error as HTTPClientError:
            return "\(error.shortDescription): check that --server is the address of the Tallywire server"
        case _ where ConnectionProblem.tls(error)?.isUntrusted == true:
            let problem = ConnectionProblem.text(error) ?? ""
            return "its certificate is not trusted, since \(problem): give --ca a file with the certificate to trust"
        default:
            let problem = ConnectionProblem.text(error) ?? "the connection cannot be made"
            // Some texts already say what to check.
            return problem.hasSuffix("?") ? problem : "\(problem): start the server, or name another with --server"
        }
    }
}
