import DequeModule
import Foundation
import Synchronization
import TallywireCore

/// The commands that wait to be decided. Many tasks put commands in; the engine's thread takes them out.
final class Inbox: Sendable {
    /// One command of a submission.
    struct Item: Sendable {
        let submission: Submission
        let index: Int

        var command: Command { submission.commands[index] }
        var lane: CommandLane? { submission.lane }
    }

    enum Admission: Equatable {
        case accepted
        /// So many commands, the last ones of the submission, found no room.
        case cut(Int)
        case closed
    }

    private struct State {
        var items: Deque<Item> = []
        var isClosed = false
        /// How many items have to wait before the engine's thread is woken.
        var wakeAt = 1
        /// What is called when the engine's thread takes commands out the next time.
        var turns: [@Sendable () -> Void] = []
    }

    let capacity: Int
    private let state = Mutex(State())
    private let wakeUps = DispatchSemaphore(value: 0)

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { state.withLock { $0.items.count } }

    /// Puts in as many commands of a submission as there is room for, and refuses the others with `overload`. If an earlier command
    /// of the same lane found no room, none of these commands is put in.
    func put(_ submission: Submission, overload: Rejection) -> Admission {
        let count = submission.commands.count
        let (admission, wakes) = state.withLock { state in
            if state.isClosed { return (Admission.closed, false) }
            let before = state.items.count
            let accepted = submission.lane?.isFull == true ? 0 : min(count, capacity - before)
            if accepted < count {
                submission.lane?.refuseAtInbox()
                // Before the engine's thread can see the first command.
                if accepted > 0 { submission.cut(at: accepted, overload) }
            }
            for index in 0..<accepted { state.items.append(Item(submission: submission, index: index)) }
            let wakes = before < state.wakeAt && state.items.count >= state.wakeAt
            return (accepted == count ? .accepted : .cut(count - accepted), wakes)
        }
        // If no command was put in, the caller gets the outcomes right here, outside of the lock.
        if admission == .cut(count) { submission.cut(at: 0, overload) }
        if wakes { wakeUps.signal() }
        return admission
    }

    /// Takes at most `limit` items out without waiting. `isEmpty` and `isClosed` describe the inbox afterwards.
    func take(limit: Int) -> (items: Deque<Item>, isEmpty: Bool, isClosed: Bool) {
        let (taken, turns) = state.withLock { state in
            var items: Deque<Item> = []
            if state.items.count <= limit {
                // The whole queue changes owner, and nothing is copied.
                swap(&items, &state.items)
            } else {
                items = Deque(state.items.prefix(limit))
                state.items.removeFirst(limit)
            }
            defer { if !state.turns.isEmpty { state.turns = [] } }
            return ((items, state.items.isEmpty, state.isClosed), state.turns)
        }
        for turn in turns { turn() }
        return taken
    }

    /// Wakes the engine's thread, which calls `body` when it takes commands out the next time. Once the inbox is closed, the thread may
    /// have ended, and `body` is called at once. `body` must be short and must not block.
    func atNextTurn(_ body: @escaping @Sendable () -> Void) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.turns.append(body) }
            return state.isClosed
        }
        if isClosed { body() } else { wakeUps.signal() }
    }

    /// Waits until `count` items are in the inbox, ``wakeUp()`` is called, or the inbox is closed; with a `limit` not longer than
    /// that. The call may also return for no reason.
    func wait(for count: Int, atMost limit: Duration? = nil) {
        let isThere = state.withLock { state in
            state.wakeAt = count
            return state.items.count >= count
        }
        guard !isThere else { return }
        guard let limit else { return wakeUps.wait() }
        _ = wakeUps.wait(timeout: .now() + .milliseconds(Int(limit.wholeMilliseconds)))
    }

    /// Ends the current ``wait(for:)``, or the next one.
    func wakeUp() { wakeUps.signal() }

    /// Closes the inbox: no command is put in any more, and those that are in it are still taken out.
    func close() {
        state.withLock { $0.isClosed = true }
        wakeUps.signal()
    }
}

/// Commands that were handed in together, until each has its outcome.
///
/// The writer gives outcomes in the order in which it decides, so outcomes are only ever appended.
final class Submission: Sendable {
    private struct State {
        var outcomes: [Outcome] = []
        /// Why the commands from index `accepted` on found no room.
        var overload: Rejection?
        /// How many of the commands reached the inbox.
        var accepted: Int
    }

    let commands: [Command]
    let lane: CommandLane?
    private let state: Mutex<State>
    private let completion: @Sendable ([Outcome]) -> Void

    init(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void) {
        self.commands = commands
        self.lane = lane
        self.completion = completion
        state = Mutex(State(accepted: commands.count))
    }

    /// Refuses the commands from index `accepted` on. Called at most once, before the writer can see the other commands.
    func cut(at accepted: Int, _ rejection: Rejection) {
        state.withLock { state in
            state.accepted = accepted
            state.overload = rejection
        }
        if accepted == 0 { answer(EmptyCollection()) }
    }

    /// Adds the outcomes of the next commands, and calls the completion when the last one is there.
    func answer(_ outcomes: some Collection<Outcome>) {
        let complete = state.withLock { state -> [Outcome]? in
            if state.outcomes.isEmpty { state.outcomes.reserveCapacity(commands.count) }
            state.outcomes += outcomes
            guard state.outcomes.count == state.accepted else { return nil }
            if let overload = state.overload {
                state.outcomes += repeatElement(.rejected(overload), count: commands.count - state.accepted)
            }
            return state.outcomes
        }
        if let complete { completion(complete) }
    }
}
