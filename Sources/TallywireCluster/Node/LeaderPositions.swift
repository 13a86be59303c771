import Synchronization

/// The positions of sinks and sources of a leader, until an entry has taken them along. Safe from any thread.
final class LeaderPositions: Sendable {
    private struct State {
        var waiting: [String: UInt64] = [:]
        /// Those that ride in the entry under way.
        var riding: [String: UInt64] = [:]
    }

    private let state = Mutex(State())

    var areWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    func set(_ position: UInt64, of name: String) { state.withLock { $0.waiting[name] = position } }

    /// The position that counts, where the journal may not have it yet.
    func pending(_ name: String) -> UInt64? { state.withLock { $0.waiting[name] ?? $0.riding[name] } }

    func take() -> [String: UInt64] {
        state.withLock { state in
            defer { state.waiting = [:] }
            state.riding = state.waiting
            return state.waiting
        }
    }

    func putBack(_ positions: [String: UInt64]) {
        state.withLock { state in
            state.riding = [:]
            state.waiting.merge(positions) { newer, _ in newer }
        }
    }

    /// The journal has them.
    func written(_ positions: [String: UInt64]) { state.withLock { $0.riding = [:] } }
}
