import TallywireEngine
import TallywirePipeline

/// What one request carries.
struct WebhookMessage: Sendable {
    /// `EPOCH:SEQ` of the last event: the same for every try, so that a receiver recognizes a repeat.
    let id: String
    let contentType: String
    let body: [UInt8]
    let records: [EventEnvelope]

    /// The message for `records`, of which there is at least one; `nil` if a journal damaged one of them.
    init?(_ records: [EventEnvelope], as body: WebhookOptions.Body, cloudEvent: CloudEvent, isBatch: Bool, epoch: String) {
        guard let last = records.last else { return nil }
        var elements = records.map(\.json)
        if body == .cloudevents {
            elements = records.compactMap(cloudEvent.structured)
            guard elements.count == records.count else { return nil }
        }
        self.records = records
        id = "\(epoch):\(last.seq)"
        contentType =
            body == .cloudevents ? isBatch ? CloudEvent.batchType : CloudEvent.structuredType : CloudEvent.dataType
        self.body =
            isBatch
            ? [UInt8(ascii: "[")] + elements.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")] : elements[0]
    }
}
