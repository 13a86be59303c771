import HTTPEndpoints
import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireCore

/// One method of one path, and its handler.
struct Route: Sendable {
    let method: HTTPRequest.Method
    /// The path with its parameters in braces, as in OpenAPI: `/api/products/{id}`.
    let path: String
    /// Who may call the route.
    let access: RouteAccess
    /// Whether the handler of a route that changes something reads a query.
    let readsQuery: Bool
    let handle: Handler

    typealias Handler = @Sendable (Request, APIContext) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, for access: RouteAccess, readsQuery: Bool = false, _ handle: @escaping Handler
    ) {
        self.readsQuery = readsQuery
        self.method = method
        self.path = path
        self.access = access
        self.handle = handle
    }
}

/// The served paths, by which an unknown path is told from a wrong method.
struct PathTable: Sendable {
    private let paths: [(segments: [Substring], methods: [HTTPRequest.Method])]
    private let endpoints: EndpointTable

    init(_ routes: [Route], _ endpoints: EndpointTable = EndpointTable()) {
        self.endpoints = endpoints
        var order: [String] = []
        var methods: [String: [HTTPRequest.Method]] = [:]
        for route in routes {
            if methods[route.path] == nil { order.append(route.path) }
            // Every route of GET also serves HEAD.
            methods[route.path, default: []] += route.method == .get ? [.get, .head] : [route.method]
        }
        paths = order.map { ($0.split(separator: "/"), methods[$0] ?? []) }
    }

    /// The methods of `path`; none if there is no such path.
    func methods(at path: String) -> [HTTPRequest.Method] {
        let segments = path.split(separator: "/")
        let found = paths.first { candidate in
            candidate.segments.count == segments.count
                && zip(candidate.segments, segments).allSatisfy { $0.first == "{" || $0 == $1 }
        }
        if let found { return found.methods }
        return endpoints.requestEndpoint(at: path) == nil ? [] : EndpointMiddleware.methods
    }
}

extension InventoryAPI {
    /// All routes: those that `openapi.json` describes, and the pages.
    var routes: [Route] {
        OpenAPI.operations.map { $0.route(of: self) } + WebFile.all.map { $0.route(from: configuration.pages) }
    }
}
