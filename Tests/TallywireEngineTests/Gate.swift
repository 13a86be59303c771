import Foundation
import Synchronization

/// What threads wait at while it is shut.
final class Gate: Sendable {
    private struct State {
        var isOpen = true
        var waiting: [DispatchSemaphore] = []
    }

    private let state = Mutex(State())

    /// Whether somebody waits.
    var isWaitedAt: Bool { state.withLock { !$0.waiting.isEmpty } }

    func shut() { state.withLock { $0.isOpen = false } }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for semaphore in waiting { semaphore.signal() }
    }

    func pass() {
        let semaphore = DispatchSemaphore(value: 0)
        let isOpen = state.withLock { state in
            if !state.isOpen { state.waiting.append(semaphore) }
            return state.isOpen
        }
        if !isOpen { semaphore.wait() }
    }
}
