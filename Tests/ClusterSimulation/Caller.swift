import TallywireCluster
import TallywireCore
import TallywireEngine
import TallywireTesting

/// A device that numbers its commands and hands in up to `window` of them without waiting, at whichever node answers. What was not
/// applied, and what nobody can say, it hands in again with the same ids, in order.
final class Caller {
    let name: String
    private let window: Int
    private var next = 1
    private var lane = CommandLane()
    private var waiting = 0
    /// From where it hands in again, once nothing is under way.
    private var resumesAt: Int?
    private var answers: [Int: Outcome] = [:]
    /// Numbers that it was told were not applied, and that it hands in no more.
    private var dropped: Set<Int> = []
    private var attempts: [Int: Int] = [:]
    private var last = 0
    private var node = 0
    /// The start of the node to which it has handed in what is under way.
    private var incarnation = 0
    /// Whether it hands in nothing new any more.
    var isEnding = false

    init(_ name: String, window: Int) {
        self.name = name
        self.window = window
    }

    var isDone: Bool { isEnding && waiting == 0 && answers.count + dropped.count == last }

    /// The ids that were applied, in their order; and those that must not be applied.
    var applied: [(id: String, seq: UInt64?)] {
        answers.sorted { $0.key < $1.key }.compactMap { number, outcome in
            outcome.receipt.map { (id(number), $0.seq) }
        }
    }

    var notApplied: [String] { (answers.filter { $0.value.receipt == nil }.map(\.key) + dropped).map { id($0) } }

    func begin(_ simulation: Simulation) { step(simulation) }

    private func step(_ simulation: Simulation) {
        submit(simulation)
        simulation.after(simulation.milliseconds(5...120)) { [self] in if !isDone { step($0) } }
    }

    private func submit(_ simulation: Simulation) {
        if let first = resumesAt {
            guard waiting == 0 else { return }
            next = first
            resumesAt = nil
            lane = CommandLane()
        }
        if waiting == 0, simulation.chance(6) { node = Int.random(in: simulation.nodes.indices, using: &simulation.random) }
        while dropped.contains(next) || answers[next] != nil { next += 1 }
        let wanted = Int.random(in: 1...3, using: &simulation.random)
        var numbers: [Int] = []
        while numbers.count < min(wanted, window - waiting), isEnding ? next <= last : true, !dropped.contains(next),
            answers[next] == nil
        {
            numbers.append(next)
            next += 1
        }
        let target = simulation.nodes[node]
        guard !numbers.isEmpty else { return }
        // A call to a process that has ended is lost, and what came after it in its lane must not overtake it.
        guard target.isUp, waiting == 0 || incarnation == target.incarnation else {
            next = numbers[0]
            // Another node would not know what this one has of the lane.
            if waiting == 0 { node = Int.random(in: simulation.nodes.indices, using: &simulation.random) }
            return
        }
        incarnation = target.incarnation
        last = max(last, next - 1)
        for number in numbers { attempts[number, default: 0] += 1 }
        waiting += numbers.count
        call(numbers, target, simulation)
    }

    private func call(_ numbers: [Int], _ target: SimulatedNode, _ simulation: Simulation) {
        var isOver = false
        simulation.note("\(name) hands in \(numbers) at \(target.name)")
        func finish(_ simulation: Simulation, _ outcomes: [Outcome]?) {
            guard !isOver else { return }
            isOver = true
            waiting -= numbers.count
            for (index, number) in numbers.enumerated() { answered(number, outcomes?[index], simulation) }
        }
        let lane = lane
        target.perform(simulation, target.incarnation) { [self] simulation in
            target.gateway.submit(numbers.map(command), in: lane, target, simulation, finish)
        }
        // Whoever gets no answer asks again elsewhere, and so does whoever loses the connection.
        simulation.after(.seconds(9)) { finish($0, nil) }
        let incarnation = incarnation
        func watch(_ simulation: Simulation) {
            guard !isOver else { return }
            if !target.isUp || target.incarnation != incarnation { return finish(simulation, nil) }
            simulation.after(.milliseconds(50), watch)
        }
        watch(simulation)
    }

    private func answered(_ number: Int, _ outcome: Outcome?, _ simulation: Simulation) {
        let words = outcome.map { $0.receipt?.status.rawValue ?? $0.rejection?.code.rawValue ?? "" } ?? "no answer"
        simulation.note("\(name) has for \(number): \(words)")
        guard answers[number] == nil, !dropped.contains(number) else { return }
        let code = outcome?.rejection?.code
        if outcome == nil || code == .unknown || code == .unavailable || code == .overloaded {
            if code == .unavailable || code == .overloaded, attempts[number] == 1, simulation.chance(3), !isEnding {
                dropped.insert(number)
            }
            resumesAt = min(resumesAt ?? .max, number)
            lane.refuse()
            if simulation.chance(2) { node = Int.random(in: simulation.nodes.indices, using: &simulation.random) }
            return
        }
        if attempts[number] == 1, outcome?.receipt?.status == .duplicate {
            simulation.fault("\(id(number)) was handed in once and answered as a repeat")
        }
        answers[number] = outcome
    }

    private func id(_ number: Int) -> String { "\(name)-\(number)" }

    /// The same for the same number, whenever it is handed in.
    private func command(_ number: Int) -> Command {
        var random = SplitMix(state: UInt64(number) &* 31 &+ UInt64(name.utf8.last ?? 0))
        let operations: [TallywireCore.Operation] = [.add, .add, .subtract]
        let lines = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            Movement.Line(
                item: .sku(["A", "B", "C"][Int.random(in: 0...2, using: &random)]), location: "MAIN",
                operation: operations[Int.random(in: 0...2, using: &random)], quantity: Int64.random(in: 1...9, using: &random))
        }
        return Command(id: id(number), source: name, action: .move(Movement(lines: lines)))
    }
}

/// A client that follows the events, and goes from node to node.
final class Reader {
    /// The last event that it has.
    private(set) var position: Int
    private var node = 0

    init(position: UInt64) { self.position = Int(position) }

    func begin(_ simulation: Simulation) {
        read(simulation)
        simulation.after(simulation.milliseconds(20...150)) { [self] in begin($0) }
    }

    private func read(_ simulation: Simulation) {
        if simulation.chance(5) { node = Int.random(in: simulation.nodes.indices, using: &simulation.random) }
        let target = simulation.nodes[node]
        // A node that has less than the reader is behind, and the reader waits.
        guard target.isUp, target.feed.head > UInt64(position) else { return }
        do {
            for event in try target.events(UInt64(position + 1)...target.feed.head) {
                guard event.seq == UInt64(position + 1) else {
                    return simulation.fault("a reader has event \(position) and is given \(event.seq) by \(target.name)")
                }
                guard simulation.record.events.count >= position + 1, simulation.record.events[position].json == event.json else {
                    return simulation.fault("a reader is given another event \(event.seq) by \(target.name) than the log has")
                }
                position += 1
            }
        } catch {
            simulation.fault("events of \(target.name) cannot be read: \(error)")
        }
    }
}
