import TallywireCore
import TallywireEngine

/// Lets a sink report what happens around the stock, so that the report becomes an event. Safe from any task.
public struct Reporter: Sendable {
    private let source: String
    private let gateway: (any CommandGateway)?

    /// A reporter in the name of `source`. Without a gateway every report is refused: for a sink that runs without a server.
    public init(source: String, gateway: (any CommandGateway)?) {
        self.source = source
        self.gateway = gateway
    }

    /// Submits a report, and returns once its event is on disk. The same `id` is reported once, as long as answers are kept. A
    /// refusal says that the server cannot take the report now.
    public func report(_ report: Report, id: String) async -> Outcome {
        guard let gateway else { return .rejected(Rejection(.unavailable, "there is no engine to report to")) }
        return await gateway.submit(Command(id: id, source: source, action: .report(report)))
    }
}
