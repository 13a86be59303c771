import DequeModule
import Foundation
import Synchronization
import TallywireCore

/// What waits to be decided: many tasks put in, the engine's thread takes out all there is.
final class Inbox: Sendable {
    struct Item: Sendable {
        let command: Command
        let completion: @Sendable (Outcome) -> Void
    }

    enum Admission: Equatable {
        case accepted, full, closed
    }

    private struct State {
        var items: Deque<Item> = []
        var isClosed = false
    }

    let capacity: Int
    private let state = Mutex(State())
    /// Signalled once for each time that the inbox stops being empty, and at its end.
    private let arrival = DispatchSemaphore(value: 0)

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { state.withLock { $0.items.count } }

    func put(_ item: Item) -> Admission {
        let (admission, wasEmpty) = state.withLock { state in
            if state.isClosed { return (Admission.closed, false) }
            if state.items.count >= capacity { return (.full, false) }
            state.items.append(item)
            return (.accepted, state.items.count == 1)
        }
        if wasEmpty { arrival.signal() }
        return admission
    }

    /// Waits until there is something and takes at most `limit` of it; `nil` once the inbox is closed and empty.
    func take(limit: Int) -> Deque<Item>? {
        while true {
            let (items, isClosed) = state.withLock { state in
                var items: Deque<Item> = []
                if state.items.count <= limit {
                    // All of it changes hands, and nothing is copied.
                    swap(&items, &state.items)
                } else {
                    items = Deque(state.items.prefix(limit))
                    state.items.removeFirst(limit)
                }
                return (items, state.isClosed)
            }
            if !items.isEmpty { return items }
            if isClosed { return nil }
            arrival.wait()
        }
    }

    /// Takes nothing more in; what is there is still taken out.
    func close() {
        state.withLock { $0.isClosed = true }
        arrival.signal()
    }
}
