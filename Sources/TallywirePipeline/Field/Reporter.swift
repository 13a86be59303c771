import TallywireCore
import TallywireEngine

/// Lets a sink say what happens around the stock, so that it becomes an event. Safe from any task.
public struct Reporter: Sendable {
    private let source: String
    private let gateway: (any CommandGateway)?

    /// A reporter in the name of `source`. Without a gateway everything is refused: for a sink that runs without a server.
    public init(source: String, gateway: (any CommandGateway)?) {
        self.source = source
        self.gateway = gateway
    }

    /// Reports, and answers once it is on disk. The same `id` is reported once, for as long as answers are kept. A refusal says that the
    /// server cannot take it now.
    public func report(_ report: Report, id: String) async -> Outcome {
        guard let gateway else { return .rejected(Rejection(.unavailable, "there is no engine to report to")) }
        return await gateway.submit(Command(id: id, source: source, action: .report(report)))
    }
}
