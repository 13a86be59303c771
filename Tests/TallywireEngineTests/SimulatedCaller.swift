import Synchronization
import TallywireCore
import TallywireTesting
import Testing

@testable import TallywireEngine

/// A device that numbers its commands and hands in up to `window` of them without waiting, one or several at once. What is refused as
/// `unavailable` or `overloaded` it hands in again, with all that came behind; now and then it repeats what was answered.
final class SimulatedCaller: Sendable {
    private struct State {
        /// The next number to hand in.
        var next = 1
        /// From where it hands in again, as soon as all before it are answered.
        var resumesAt: Int?
        var lane = CommandLane()
        var waiting = 0
        /// The final answers by number, and the faults that were seen.
        var answers: [Int: Outcome] = [:]
        var faults: [String] = []
        var isEnding = false
        var last = 0
    }

    let name: String
    private let window: Int
    private let state = Mutex(State())

    init(_ name: String, window: Int) {
        self.name = name
        self.window = window
    }

    /// Whether it hands in nothing new any more.
    var isEnding: Bool {
        get { state.withLock { $0.isEnding } }
        set { state.withLock { $0.isEnding = newValue } }
    }

    /// Whether all that it ever handed in has a final answer.
    var isDone: Bool { state.withLock { $0.waiting == 0 && $0.answers.count == $0.last } }

    var answeredIDs: [String] { state.withLock { $0.answers.keys.map { id($0) } } }

    /// The ids that were applied, in the order in which they are to be.
    var appliedIDs: [String] {
        state.withLock { state in
            state.answers.keys.sorted().filter { if case .applied = state.answers[$0] { true } else { false } }.map { id($0) }
        }
    }

    /// Fails if an answer was not as it had to be.
    func check() throws {
        let faults = state.withLock { $0.faults }
        try #require(faults.isEmpty, "\(name): \(faults.joined(separator: "; "))")
    }

    func submit(to inbox: Inbox, seenBy journal: InMemoryJournal, _ random: inout SplitMix) {
        let repeated = Int.random(in: 0..<6, using: &random) == 0
        let wanted = Int.random(in: 1...4, using: &random)
        let chosen = state.withLock { state -> (numbers: ClosedRange<Int>, lane: CommandLane)? in
            if repeated, !state.isEnding, let number = state.answers.keys.sorted().randomElement(using: &random) {
                return (number...number, CommandLane())
            }
            let count = min(wanted, window - state.waiting, state.isEnding ? state.last + 1 - state.next : .max)
            guard count > 0 else { return nil }
            if let first = state.resumesAt {
                guard (1..<first).allSatisfy({ state.answers[$0] != nil }) else { return nil }
                state.resumesAt = nil
            }
            defer { state.next += count }
            state.last = max(state.last, state.next + count - 1)
            return (state.next...(state.next + count - 1), state.lane)
        }
        guard let (numbers, lane) = chosen else { return }
        state.withLock { $0.waiting += numbers.count }
        let submission = Submission(numbers.map(command), in: lane) { [self] outcomes in
            for (number, outcome) in zip(numbers, outcomes) { answered(number, outcome, journal) }
        }
        _ = inbox.put(submission, overload: Rejection(.overloaded, "the inbox is full"))
    }

    private func id(_ number: Int) -> String { "\(name)-\(number)" }

    /// The same for the same number, whenever it is handed in.
    private func command(_ number: Int) -> Command {
        var random = SplitMix(state: UInt64(number) &* 31 &+ UInt64(name.utf8.last ?? 0))
        let operations: [TallywireCore.Operation] = [.set, .add, .subtract]
        let line = Movement.Line(
            item: .sku(["A", "B"][Int.random(in: 0...1, using: &random)]), location: "MAIN",
            operation: operations[Int.random(in: 0...2, using: &random)], quantity: Int64.random(in: 1...9, using: &random))
        return Command(id: id(number), source: "test", action: .move(Movement(lines: [line])))
    }

    private func answered(_ number: Int, _ outcome: Outcome, _ journal: InMemoryJournal) {
        let stored = try? journal.answer(to: id(number))
        state.withLock { state in
            state.waiting -= 1
            if case .rejected(let rejection) = outcome, rejection.code.isPassing {
                guard state.answers[number] == nil, number < state.next else { return }
                state.next = number
                state.resumesAt = number
                state.lane = CommandLane()
                return
            }
            if stored == nil { state.faults.append("\(number) was answered before it was committed") }
            if let earlier = state.answers[number] {
                if earlier.repeated != outcome.repeated { state.faults.append("\(number) was answered \(earlier) and \(outcome)") }
            } else {
                state.answers[number] = outcome
            }
        }
    }
}

extension Outcome {
    /// As a repeat is answered.
    fileprivate var repeated: Outcome {
        guard case .applied(var receipt) = self else { return self }
        receipt.status = .duplicate
        return .applied(receipt)
    }
}
