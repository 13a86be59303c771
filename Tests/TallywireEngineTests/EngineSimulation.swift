import Logging
import Synchronization
import TallywireCore
import TallywireTesting
import Testing

@testable import TallywireEngine

/// The loop without threads: callers that hand in several commands without waiting, a journal whose commits fail, and an appender that is
/// done when the seed says so.
struct EngineSimulation: ~Copyable {
    private var random: SplitMix
    private let journal: InMemoryJournal
    private let script: ScriptedCommits
    private let inbox = Inbox(capacity: 24)
    private var loop: EngineLoop
    private let callers = (1...4).map { SimulatedCaller("dock-\($0)", window: $0 == 4 ? 1 : 8) }

    var failedCommits: Int { script.failed.withLock { $0 } }
    var ids: Set<String> { Set(callers.flatMap(\.answeredIDs)) }

    init(seed: UInt64) throws {
        random = SplitMix(state: seed)
        journal = InMemoryJournal()
        let script = ScriptedCommits(journal)
        self.script = script
        let scripted = ForwardingJournal(journal, appending: { batch, _ in try script.commit(batch) })
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let clock = EngineClock(try journal.clocks(), wall: { ManualClock().now }, uptime: { .zero }, logger: logger)
        var writer = Writer(
            state: try journal.load(), journal: scripted, clock: clock, times: TimeRules(), handling: nil,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, makeID: { _ in "made" })
        let feed = Feed(journal: journal, head: 0, capacity: Feed.Capacity())
        feed.publish(try writer.createMain())
        loop = EngineLoop(
            writer: writer, inbox: inbox, journal: scripted, appender: script, feed: feed, limits: .init(commands: 6),
            recorder: EngineRecorder(),
            logger: logger)
        inbox.fill(with: Self.catalogue)
        while loop.step() != .wait(for: 1) { script.finish() }
    }

    /// One thing happens: somebody submits, the loop goes on, a commit ends.
    mutating func step() throws {
        script.fails.withLock { $0 = Int.random(in: 0..<5, using: &random) == 0 }
        switch Int.random(in: 0..<8, using: &random) {
        case 0...3: callers[Int.random(in: callers.indices, using: &random)].submit(to: inbox, seenBy: journal, &random)
        case 4: script.finish()
        default: _ = loop.step()
        }
        for caller in callers { try caller.check() }
    }

    /// Nothing fails any more, and everything is answered.
    mutating func finish() throws {
        script.fails.withLock { $0 = false }
        for caller in callers { caller.isEnding = true }
        for _ in 0..<10_000 where callers.contains(where: { !$0.isDone }) {
            for caller in callers { caller.submit(to: inbox, seenBy: journal, &random) }
            script.finish()
            _ = loop.step()
            for caller in callers { try caller.check() }
        }
        try #require(!callers.contains { !$0.isDone }, "somebody was never answered")
        inbox.close()
        while loop.step() != .end { script.finish() }
        try compare()
    }

    private func compare() throws {
        let (state, stored) = (loop.writer.state, try journal.load())
        #expect(state.seq == stored.seq && state.lastIDs == stored.lastIDs)
        #expect(state.variants == stored.variants && state.products == stored.products && state.locations == stored.locations)
        let applied = try journal.allEvents.compactMap { event -> String? in
            if case .inventoryUpdated(let update) = try event.event().body { update.movementID } else { nil }
        }
        #expect(applied.count == Set(applied).count, "something was applied twice")
        for caller in callers {
            let own = applied.filter { $0.hasPrefix(caller.name) }
            #expect(own == caller.appliedIDs, "\(caller.name)'s movements are not in its order")
        }
    }

    private static let catalogue = [
        Command(
            source: "test",
            action: .createProduct(
                NewProduct(
                    name: "Thing",
                    content: .variants(
                        ["A", "B"].map { NewVariant(sku: $0, name: $0) }))))
    ]
}

extension Inbox {
    fileprivate func fill(with commands: [Command]) {
        _ = put(Submission(commands, in: nil) { _ in }, overload: Rejection(.overloaded, "the inbox is full"))
    }
}

/// The commits, of the loop's thread and of the other: whether they fail is said from outside, and those beside the loop's thread end when
/// they are told to.
private final class ScriptedCommits: BatchAppender {
    let fails = Mutex(false)
    let failed = Mutex(0)
    private let journal: InMemoryJournal
    private let handedIn = Mutex<JournalBatch?>(nil)
    private let result = Mutex<Result<Void, any Error>?>(nil)

    init(_ journal: InMemoryJournal) { self.journal = journal }

    func commit(_ batch: JournalBatch) throws {
        guard !fails.withLock({ $0 }) else {
            failed.withLock { $0 += 1 }
            throw JournalError(.storage, "the disk is full")
        }
        try journal.append(batch)
    }

    /// Ends the commit that goes on beside the loop, if one does.
    func finish() {
        guard let batch = handedIn.withLock({ $0.take() }) else { return }
        result.withLock { $0 = Result { try commit(batch) } }
    }

    func start(_ batch: JournalBatch) { handedIn.withLock { $0 = batch } }
    func takeResult() -> Result<Void, any Error>? { result.withLock { $0.take() } }
    func close() {}
}
