import Logging
import NATS
import TallywireConfiguration
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport

@testable import NATSSink

/// What the tests of the sink `nats` begin with.
enum NATSFixture {
    static let subject = "tallywire.{event}.{sku}"

    static func options(
        _ servers: String..., stream: String = "STOCK", subject: String = subject, payload: EventMessage.Payload = .event,
        window: Int = 16, timeout: Duration = .seconds(10), credentials: NATSSinkOptions.Credentials? = nil,
        tls: TLSFiles? = nil
    ) -> NATSSinkOptions {
        NATSSinkOptions(
            servers: .init(servers), stream: stream, subject: subject, payload: payload, window: window, timeout: timeout,
            credentials: credentials, tls: tls)
    }

    static func context(cursor: UInt64? = nil, epoch: String = "e", name: String = "out") -> SinkContext {
        let journal = InMemoryJournal()
        return SinkContext(
            name: name, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, epoch: epoch, cursor: cursor,
            head: 1_000, stock: journal, history: journal, version: "0", now: { .now })
    }

    static func started(_ options: NATSSinkOptions, cursor: UInt64? = nil, epoch: String = "e", name: String = "out") async throws
        -> NATSSink
    {
        let sink = try NATSSink(options)
        try await sink.start(context(cursor: cursor, epoch: epoch, name: name))
        return sink
    }

    /// The events `seqs`.
    static func events(_ seqs: ClosedRange<UInt64>) -> EventBatch {
        EventBatch(records: SinkConformance.samples(Int(seqs.upperBound)).filter { seqs.contains($0.seq) })
    }

    /// An event whose JSON has more bytes.
    static func padded(_ seq: UInt64, by count: Int) -> EventEnvelope {
        let record = events(seq...seq).records[0]
        return EventEnvelope(
            seq: record.seq, timestamp: record.timestamp, type: record.type, subject: record.subject,
            json: record.json + Array(repeating: UInt8(ascii: " "), count: count))
    }

    /// The text of the error that `body` throws.
    static func error(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "nothing was thrown"
        } catch {
            return "\(error)"
        }
    }
}

extension NATSServer {
    /// The seqs of the events in a stream, in its order.
    func seqs(of stream: String = "STOCK") async throws -> [UInt64] {
        try await messages(of: stream).compactMap { $0.headers["Nats-Msg-Id"]?.split(separator: ":").last.flatMap { UInt64($0) } }
    }

    func counter(_ name: String, of sink: NATSSink) -> UInt64? {
        guard case .counter(let count) = sink.sinkMetrics.first(where: { $0.name == name })?.value else { return nil }
        return count
    }
}
