import DequeModule
import Foundation
import Synchronization
import TallywireCore

/// What waits to be decided: many tasks put in, the engine's thread takes out.
final class Inbox: Sendable {
    struct Item: Sendable {
        let command: Command
        var lane: CommandLane?
        let completion: @Sendable (Outcome) -> Void

        /// Answers that the journal could not take it, and with it all that hangs together with it and comes behind.
        func refuse(_ rejection: Rejection) {
            lane?.breakOff()
            completion(.rejected(rejection))
        }
    }

    enum Admission: Equatable {
        case accepted, full, closed
    }

    private struct State {
        var items: Deque<Item> = []
        var isClosed = false
        /// The number of items at which the engine wants to be woken.
        var wakeAt = 1
    }

    let capacity: Int
    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { state.withLock { $0.items.count } }

    func put(_ item: Item) -> Admission {
        let (admission, wakes) = state.withLock { state in
            if state.isClosed { return (Admission.closed, false) }
            if state.items.count >= capacity { return (.full, false) }
            state.items.append(item)
            return (.accepted, state.items.count == state.wakeAt)
        }
        if wakes { bell.signal() }
        return admission
    }

    /// Takes at most `limit` of what is there, without waiting. `isEmpty` and `isClosed` say how it is after that.
    func take(limit: Int) -> (items: Deque<Item>, isEmpty: Bool, isClosed: Bool) {
        state.withLock { state in
            var items: Deque<Item> = []
            if state.items.count <= limit {
                // All of it changes hands, and nothing is copied.
                swap(&items, &state.items)
            } else {
                items = Deque(state.items.prefix(limit))
                state.items.removeFirst(limit)
            }
            return (items, state.items.isEmpty, state.isClosed)
        }
    }

    /// Waits until `count` items have come, ``ring()`` is called, or the inbox is closed. It may return without any of that.
    func wait(for count: Int) {
        let isThere = state.withLock { state in
            state.wakeAt = count
            return state.items.count >= count
        }
        if !isThere { bell.wait() }
    }

    /// Ends a ``wait(for:)``, this one or the next.
    func ring() { bell.signal() }

    /// Takes nothing more in; what is there is still taken out.
    func close() {
        state.withLock { $0.isClosed = true }
        bell.signal()
    }
}
