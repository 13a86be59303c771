import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting

/// The journal of which a cluster was made: with the location MAIN, and with a product. It has the same bytes each time.
public struct Base {
    public let journal: InMemoryJournal
    var events: [EventEnvelope] { journal.allEvents }
    var seq: UInt64 { UInt64(events.count) }

    public init(epoch: String = "test-epoch", variants: NewProduct.Content) throws {
        journal = InMemoryJournal(epoch: epoch)
        let feed = Feed(journal: journal, head: 0)
        let core = EngineCore(
            try EngineBeginning(loading: journal), journal: journal, feed: feed, configuration: .init(), commitsAside: false,
            logger: quiet, clock: { SimulatedClock.start }, uptime: { .zero }, makeID: { _ in "base" }
        ) { _ in NoAppender() }
        try core.prepare(publishingTo: feed)
        core.submit([Command(source: "test", action: .createProduct(NewProduct(name: "Thing", content: variants)))], in: nil) { _ in
        }
        while core.step() == .step {}
    }
}

/// For an engine that commits everything itself.
private final class NoAppender: BatchAppender {
    func start(_ batch: JournalBatch) { preconditionFailure("nothing is committed aside") }
    func takeResult() -> Result<Void, any Error>? { nil }
    func close() {}
}

let quiet = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

/// The clocks of one node, as the simulation sets them.
final class SimulatedClock: Sendable {
    static let start = Timestamp(milliseconds: 1_700_000_000_000)

    private let readings = Mutex((wall: start, uptime: Duration.zero))

    func set(_ time: Duration, ahead: Duration) {
        let milliseconds = Self.start.milliseconds + time.wholeMilliseconds + ahead.wholeMilliseconds
        readings.withLock { $0 = (Timestamp(milliseconds: milliseconds), time) }
    }

    var wall: Timestamp { readings.withLock { $0.wall } }
    var uptime: Duration { readings.withLock { $0.uptime } }
}

/// Makes ids that no other maker makes.
final class IDs: Sendable {
    private let prefix: String
    private let count = Mutex(0)

    init(_ prefix: String) { self.prefix = prefix }

    func next() -> String {
        count.withLock { count in
            count += 1
            return "\(prefix)-\(count)"
        }
    }
}
