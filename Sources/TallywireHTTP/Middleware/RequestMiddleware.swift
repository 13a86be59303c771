import HTTPPort
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import TallywireCore
import TallywireEngine

/// The outermost middleware: turns errors into problems, names, counts and logs each request, and sets the headers of every
/// response.
struct RequestMiddleware: RouterMiddleware {
    let metrics: RequestMetrics
    let paths: PathTable
    let crossOrigin: CrossOrigin
    /// The name of the node that answers; `nil` without a cluster.
    let node: String?

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let id = Self.givenID(request) ?? context.id
        var context = context
        context.logger[metadataKey: "request"] = .string(id)
        metrics.begin()
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = .problem(problem(error, request, context))
        }
        let duration = start.duration(to: .now)
        metrics.end(
            RequestMetrics.Key(method: request.method, route: context.endpointPath, status: Int(response.status.code)), duration)
        crossOrigin.open(&response, to: request)
        response.headers[.requestID] = id
        if let node { response.headers[.tallywireNode] = node }
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        context.logger.debug(
            "A request got its response.",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(request.uri.path)", "status": "\(response.status.code)",
                "milliseconds": "\(duration.wholeMilliseconds)",
            ])
        return response
    }

    /// The problem for a request that ended with `error`. A fault of the server is logged here, once.
    private func problem(_ error: any Error, _ request: Request, _ context: APIContext) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as HTTPError where error.status == .notFound:
            let allowed = paths.methods(at: request.uri.path)
            return allowed.isEmpty ? .notFound(request.uri.path) : .methodNotAllowed(request.method, allow: allowed)
        case let error as JournalError:
            context.logger.error("The journal cannot be read, so a request got 503.", metadata: ["error": "\(error)"])
            return .unavailable("the journal cannot be read: \(error.message)")
        case is CancellationError: return .unavailable("the server is going away")
        // These mistakes are the caller's: a body that differs from what its head says, or that ends with its connection.
        case let error as HTTPParserError: return .unreadableBody(error)
        case is IOError, is ChannelError: return .unfinishedBody
        default:
            context.logger.error(
                "A request failed through a mistake in the server, and got 500. Report it.",
                metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return .internalError
        }
    }

    /// The request id that the caller gave, if it is suitable for a log.
    private static func givenID(_ request: Request) -> String? {
        guard let id = request.headers[.requestID], (1...128).contains(id.utf8.count),
            id.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return id
    }
}
