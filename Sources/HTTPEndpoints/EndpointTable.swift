import Synchronization

/// The endpoints of the HTTP port by path. They change when sinks come and go. Safe from any thread.
public final class EndpointTable: Sendable {
    private struct State {
        var all: [any UpgradeEndpoint] = []
        var byPath: [String: any UpgradeEndpoint] = [:]
        var byRoute: [String: any RequestEndpoint] = [:]
    }

    private let state = Mutex(State())

    /// Of endpoints with the same path the first is served.
    public init(_ endpoints: [any UpgradeEndpoint] = []) { replace(with: endpoints) }

    public func replace(with endpoints: [any UpgradeEndpoint]) {
        let requests = endpoints.compactMap { $0 as? any RequestEndpoint }
        let new = State(
            all: endpoints, byPath: Dictionary(endpoints.map { ($0.path, $0) }) { first, _ in first },
            byRoute: Dictionary(requests.map { (Self.route($0.path), $0) }) { first, _ in first })
        state.withLock { $0 = new }
    }

    /// The endpoint for requests for an upgrade at `path`.
    public func endpoint(at path: String) -> (any UpgradeEndpoint)? { state.withLock { $0.byPath[path] } }

    /// The endpoint that answers other requests at `path`. A slash at its end makes no difference.
    public func requestEndpoint(at path: String) -> (any RequestEndpoint)? { state.withLock { $0.byRoute[Self.route(path)] } }

    /// All endpoints that answer requests, each route once.
    public var requestEndpoints: [any RequestEndpoint] {
        state.withLock { state in
            var seen: Set<String> = []
            return state.all.compactMap { $0 as? any RequestEndpoint }.filter { seen.insert(Self.route($0.path)).inserted }
        }
    }

    private static func route(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}
