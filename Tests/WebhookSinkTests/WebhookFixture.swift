import Foundation
import Logging
import PipelineHost
import Synchronization
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting

@testable import WebhookSink

/// Sinks and events for the tests of webhooks.
enum WebhookFixture {
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    static func options(
        _ url: String, secrets: [String]? = nil, body: WebhookOptions.Body = .event, batch: Int? = nil,
        timeout: Duration = .seconds(15), headers: [String: String] = [:], concurrency: Int = 1, allowPrivate: Bool = true,
        tls: TLSFiles = .init()
    ) -> WebhookOptions {
        WebhookOptions(
            url: url, secret: secrets.map { .init($0) }, body: body, batch: batch, timeout: timeout, headers: headers,
            concurrency: concurrency, allowPrivate: allowPrivate, tls: tls)
    }

    /// A started sink. `log` is where it notes its tries.
    static func started(_ options: WebhookOptions, lookup: AddressLookup = .system, log: DeliveryLog = DeliveryLog()) async throws
        -> WebhookSink
    {
        let sink = try WebhookSink(options, lookup: lookup)
        try await sink.start(context(log))
        return sink
    }

    static func context(_ log: DeliveryLog = DeliveryLog()) -> SinkContext {
        let journal = InMemoryJournal()
        return SinkContext(
            name: "hook", logger: Logger(label: "test"), epoch: "e", cursor: nil, head: 1_000, stock: journal, history: journal,
            version: "1.2.3", deliveries: log, now: { Timestamp(milliseconds: 1_795_365_600_123) })
    }

    /// Events of `variants` variants in turn.
    static func events(_ count: Int, variants: Int = 1) -> EventBatch {
        let records = SinkConformance.samples(count).enumerated().map { index, record in
            var subject = record.subject
            subject.variant = VariantID(Int64(index % variants) + 1)
            return EventEnvelope(
                seq: record.seq, timestamp: record.timestamp, type: record.type, subject: subject, json: record.json)
        }
        return EventBatch(records: records)
    }
}
