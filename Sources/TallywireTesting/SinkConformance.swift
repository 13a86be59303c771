import Logging
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The duties of every durable ``Sink``. Run each check on a sink and its destination.
///
/// ```swift
/// @Test(arguments: SinkConformance.checks)
/// func conformance(check: SinkConformance) async throws {
///     try await check.run(SinkConformance.Subject(make: { MySink(path) }, delivered: { try seqs(in: path) }))
/// }
/// ```
public struct SinkConformance: Sendable, CustomStringConvertible {
    /// A sink with its destination, both new and empty.
    public struct Subject: Sendable {
        /// Makes a sink that writes to the destination. Called again for a restart of the server.
        public var make: @Sendable () throws -> any Sink
        /// Returns the seqs that are in the destination now, in order of arrival.
        public var delivered: @Sendable () async throws -> [UInt64]

        public init(make: @escaping @Sendable () throws -> any Sink, delivered: @escaping @Sendable () async throws -> [UInt64]) {
            self.make = make
            self.delivered = delivered
        }
    }

    /// The duty, as a sentence.
    public let description: String
    private let body: @Sendable (Subject) async throws -> Void

    /// Throws ``ConformanceFailure`` if the sink does not fulfil the duty.
    public func run(_ subject: Subject) async throws { try await body(subject) }

    /// All duties.
    public static let checks: [SinkConformance] = [
        SinkConformance("what was taken is there, in order, when deliver returns") { subject in
            let events = samples(30)
            try await run(subject.make(), in: context(cursor: nil)) { sink in
                for start in stride(from: 0, to: 30, by: 10) {
                    _ = try await sink.deliver(EventBatch(records: Array(events[start..<start + 10])))
                    let expected = (1...UInt64(start + 10)).map { $0 }
                    try await expect(subject, toHold: expected, "after the batch that ends with \(start + 10)")
                }
            }
        },
        SinkConformance("what is offered again after a restart does no harm, and what follows is taken") { subject in
            let events = samples(20)
            try await run(subject.make(), in: context(cursor: nil)) { sink in
                _ = try await sink.deliver(EventBatch(records: Array(events[0..<10])))
            }
            // The cursor is stored after the delivery, so a crash between the two leaves an older one.
            try await run(subject.make(), in: context(cursor: 5)) { sink in
                _ = try await sink.deliver(EventBatch(records: Array(events[5..<20])))
                let seqs = try await subject.delivered()
                guard Set(seqs) == Set(1...20) else { throw ConformanceFailure("not all of 1 to 20 are there: \(seqs)") }
                guard seqs.last == 20 else { throw ConformanceFailure("the newest is not the last: \(seqs)") }
            }
        },
        SinkConformance("what is delivered again is taken, and neither what is current nor the next start suffers from it") {
            subject in
            let events = samples(30)
            func deliver(_ seqs: ClosedRange<Int>, to sink: any Sink, isReplay: Bool = false) async throws {
                let records = Array(events[(seqs.lowerBound - 1)...(seqs.upperBound - 1)])
                _ = try await sink.deliver(EventBatch(records: records, isReplay: isReplay))
            }
            func expect(through seq: UInt64) async throws {
                let seqs = try await subject.delivered()
                guard Set(seqs) == Set(1...seq) else { throw ConformanceFailure("not all of 1 to \(seq) are there: \(seqs)") }
                guard seqs.last == seq else { throw ConformanceFailure("the newest is not the last: \(seqs)") }
            }
            try await run(subject.make(), in: context(cursor: nil)) { sink in
                try await deliver(1...4, to: sink)
                // 5 and 6 were refused once.
                try await deliver(7...20, to: sink)
                try await deliver(5...6, to: sink, isReplay: true)
                try await deliver(2...9, to: sink, isReplay: true)
                try await deliver(21...22, to: sink)
                try await expect(through: 22)
                try await deliver(8...8, to: sink, isReplay: true)
            }
            try await run(subject.make(), in: context(cursor: 22)) { sink in
                try await deliver(22...30, to: sink)
                try await expect(through: 30)
            }
        },
        SinkConformance("stop is harmless without a start, and after another stop of an earlier sink") { subject in
            let sink = try subject.make()
            await sink.stop()
            try await run(subject.make(), in: context(cursor: nil)) { _ in }
            try await expect(subject, toHold: [], "nothing was offered")
        },
    ]

    private init(_ description: String, _ body: @escaping @Sendable (Subject) async throws -> Void) {
        self.description = description
        self.body = body
    }

    /// Starts a sink, runs `body` beside the sink's own work, and stops the sink: what a runner does.
    public static func run(
        _ sink: any Sink, in context: SinkContext, _ body: (any Sink) async throws -> Void
    ) async throws {
        try await sink.start(context)
        let failure: (any Error)? = await withTaskGroup(of: Void.self) { group in
            group.addTask { await sink.attend() }
            defer { group.cancelAll() }
            do { try await body(sink) } catch { return error }
            return nil
        }
        await sink.stop()
        if let failure { throw failure }
    }

    /// `count` events of one variant, with seqs from 1.
    public static func samples(_ count: Int) -> [EventEnvelope] {
        (1...count).map { number in
            let event = Event(
                seq: UInt64(number), timestamp: Timestamp(milliseconds: 1_795_365_600_000 + Int64(number)),
                body: .inventoryUpdated(
                    InventoryUpdated(
                        productID: ProductID(1), variantID: VariantID(11), isDefaultVariant: false, sku: "A-\(number)",
                        variantName: "Sample \(number)", stock: Int64(number), previousStock: Int64(number - 1),
                        totalProductStock: Int64(number),
                        change: .stock(
                            StockChange(operation: .add, quantity: 1, balance: Balance(location: "MAIN", onHand: Int64(number)))),
                        reason: nil,
                        reference: nil, price: Price("1.50"), status: .active, level: .ok, version: Int64(number), source: "test",
                        movementID: "m-\(number)", occurredAt: nil)))
            return EventEnvelope(event, json: event.json)
        }
    }

    /// A context with an empty stock, in which the journal ends with event 1000.
    public static func context(cursor: UInt64?, epoch: String = "conformance-epoch") -> SinkContext {
        let journal = InMemoryJournal()
        return SinkContext(
            name: "conformance", logger: Logger(label: "conformance"), epoch: epoch, cursor: cursor, head: 1_000,
            stock: journal, history: journal, version: "0.0.0", now: { Timestamp(milliseconds: 0) })
    }

    private static func expect(_ subject: Subject, toHold seqs: [UInt64], _ when: String) async throws {
        let found = try await subject.delivered()
        guard found == seqs else { throw ConformanceFailure("\(when): \(seqs) should be there, but \(found) is") }
    }
}
