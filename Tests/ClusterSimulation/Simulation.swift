import TallywireCluster
import TallywireCore
import TallywireTesting

/// A cluster in one thread, with time, network, disks and clocks that a seed decides: three nodes with the program's own machines and
/// engines, the store of a log, callers, a sink and readers. Whatever fails, the promises of a cluster hold.
public final class Simulation {
    /// A mistake that is put into the program on purpose, to see that a run notices it.
    public enum Mutation: String, CaseIterable, Sendable {
        /// An append is not compared with the leader's term, or with the end of the log.
        case noLeaderCompare, noHeadCompare
        /// What became of an append whose answer was lost is read, and not asked by sending the append again.
        case readInsteadOfRetry
        /// Copies of a command cannot be told from repeats.
        case nonceIgnored
        /// A new leader does not know the time of the last event.
        case timeFromNothing
        /// A sink's position is stored in the journal of the node that delivers, without an entry.
        case positionWithoutTerm
        /// A node goes on behind an entry that it could not apply.
        case skippedFold
        /// A node says that everything that it has applied is on its disk.
        case flushedIsApplied
    }

    /// What a run showed.
    public struct Outcome: Sendable {
        /// The promises that were broken; none in a run as it has to be.
        public var faults: [String] = []
        public var events = 0
        public var entries = 0
        public var terms = 0
        public var crashes = 0
        public var lostAnswers = 0
        public var copies = 0
        /// Entries that leaders deleted from the log.
        public var trimmed = 0
        /// How often all nodes lost power at once.
        public var powerCuts = 0
        /// From the last fault to the next entry.
        public var recovery: Duration = .zero

        public init() {}
    }

    struct Item {
        let time: Duration
        let order: UInt64
        let action: (Simulation) -> Void
    }

    let mutation: Mutation?
    /// Gets a line for each thing of interest that happens, to follow a run by eye.
    public var trace: ((String) -> Void)?
    var random: SplitMix
    private(set) var now: Duration = .zero
    private var agenda = Agenda()
    private var order: UInt64 = 0
    var network: Network
    var nodes: [SimulatedNode] = []
    var callers: [Caller] = []
    var readers: [Reader] = []
    var record = Record()
    var outcome = Outcome()
    /// How long a node waits for a leader before it answers for itself. In some runs hardly longer than a takeover takes.
    let patience: Duration
    /// How much the log keeps. In some runs hardly anything, so that nodes that were away copy a journal.
    let trimming: LogTrimming.Limits
    /// Whether faults still happen.
    var isTroubled = true

    public init(seed: UInt64, mutation: Mutation? = nil) throws {
        self.mutation = mutation
        random = SplitMix(state: seed)
        patience = [.milliseconds(1_200), .seconds(3), .seconds(6)].randomElement(using: &random) ?? .seconds(6)
        trimming = LogTrimming.Limits(
            period: .milliseconds(300), age: .milliseconds(Int.random(in: 200...3_000, using: &random)),
            bytes: [2_000, 20_000, 1 << 20].randomElement(using: &random) ?? 0)
        network = Network(mutation)
        let base = try Base(variants: .variants(["A", "B", "C"].map { NewVariant(sku: $0, name: $0) }))
        nodes = try ["a", "b", "c"].map { try SimulatedNode($0, base: base.journal, in: self) }
        network.store.prepare(head: LogHead(index: 0, seq: base.seq))
        record.begin(with: base.events)
        callers = (1...4).map { Caller("dock-\($0)", window: $0 == 4 ? 1 : 4) }
        readers = (1...3).map { _ in Reader(position: base.seq) }
    }

    /// Runs for 12 s with faults, and then until everything is answered and equal.
    public func run() -> Outcome {
        for node in nodes { node.start(self) }
        scheduleFaults(until: .seconds(12))
        for caller in callers { caller.begin(self) }
        for reader in readers { reader.begin(self) }
        let calm: Duration = .milliseconds(12_500)
        advance(until: calm)
        let healed = heal()
        advance(until: calm + .seconds(4)) { [self] in record.entries.last.map { $0.at > healed } == true }
        outcome.recovery =
            (record.entries.last { $0.at > healed } != nil ? record.entries.first { $0.at > healed }!.at : now) - healed
        for caller in callers { caller.isEnding = true }
        advance(until: .seconds(60)) { [self] in isQuiet }
        check()
        return outcome
    }

    /// Does what is on the agenda, until the time comes or `isDone` says so.
    private func advance(until end: Duration, isDone: () -> Bool = { false }) {
        while outcome.faults.isEmpty, !isDone(), let item = agenda.popFirst(before: end) {
            now = item.time
            item.action(self)
        }
        if agenda.isEmpty || outcome.faults.isEmpty { now = max(now, min(end, agenda.first ?? end)) }
    }

    var isQuietAtEnd: Bool { isQuiet }

    private var isQuiet: Bool {
        callers.allSatisfy(\.isDone) && nodes.allSatisfy { $0.isFollowing(upTo: record.entries.count) }
            && readers.allSatisfy { $0.position == record.events.count } && record.delivered == record.events.count
            && nodes.allSatisfy { $0.positions == nodes[0].positions && $0.positions["sink"] == UInt64(record.delivered) }
    }

    func at(_ time: Duration, _ action: @escaping (Simulation) -> Void) {
        order += 1
        agenda.insert(Item(time: max(time, now), order: order, action: action))
    }

    func after(_ delay: Duration, _ action: @escaping (Simulation) -> Void) { at(now + delay, action) }

    func note(_ text: @autoclosure () -> String) {
        if let trace { trace("\(now): \(text())") }
    }

    func fault(_ text: String) { outcome.faults.append("\(now): \(text)") }

    // MARK: Chance

    func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    func milliseconds(_ range: ClosedRange<Int>) -> Duration { .milliseconds(Int.random(in: range, using: &random)) }
}

/// What is to happen, the earliest first: a binary heap.
struct Agenda {
    private var items: [Simulation.Item] = []

    var isEmpty: Bool { items.isEmpty }
    var first: Duration? { items.first?.time }

    private func isBefore(_ a: Int, _ b: Int) -> Bool { (items[a].time, items[a].order) < (items[b].time, items[b].order) }

    mutating func insert(_ item: Simulation.Item) {
        items.append(item)
        var index = items.count - 1
        while index > 0, isBefore(index, (index - 1) / 2) {
            items.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func popFirst(before end: Duration) -> Simulation.Item? {
        guard let first = items.first, first.time <= end else { return nil }
        items.swapAt(0, items.count - 1)
        items.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < items.count && isBefore(child, least) { least = child }
            guard least != index else { return first }
            items.swapAt(index, least)
            index = least
        }
    }
}
