import HTTPPort
import HTTPTypes
import Hummingbird
import NIOCore
import TallywireAccess

/// Refuses requests from addresses that send more than they may.
struct RateMiddleware: RouterMiddleware {
    let rate: RequestRate
    let proxies: TrustedProxies
    let metrics: PortMetrics

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let caller = proxies.caller(
            peer: IPAddress(context.channel.remoteAddress), forwardedFor: request.headers[values: .forwardedFor])
        if let caller, !rate.admits(caller) {
            metrics.refused(.requestsPerAddress)
            throw Problem.rateLimited
        }
        return try await next(request, context)
    }
}
