import Synchronization

/// How many connections are open, on all event loops.
final class ConnectionCount: Sendable {
    /// So many beyond the limit are still told that there are too many.
    static let answered = 256

    enum Verdict: Equatable {
        case within, beyond, farBeyond
    }

    private let limit: Int
    private let open = Atomic(0)

    init(limit: Int) { self.limit = limit }

    var current: Int { open.load(ordering: .relaxed) }

    func opened() -> Verdict {
        let count = open.wrappingAdd(1, ordering: .relaxed).newValue
        if count <= limit { return .within }
        return count <= limit + Self.answered ? .beyond : .farBeyond
    }

    func closed() { open.wrappingSubtract(1, ordering: .relaxed) }
}
