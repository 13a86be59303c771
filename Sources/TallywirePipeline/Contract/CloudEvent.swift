import TallywireConfiguration
import TallywireCore
import TallywireEngine

/// Writes events as CloudEvents 1.0: structured (JSON event format 1.0.2), or as attributes and data for a binary mode.
///
/// `id` is `EPOCH:SEQ`, so an event that is sent again has the same id. The data is the event's `data`, byte for byte.
package struct CloudEvent: Equatable, Sendable {
    /// A URI reference that names the journal of the events.
    let source: String
    /// The text before the event's name in `type`.
    let typePrefix: String
    let epoch: String

    package static let structuredType = "application/cloudevents+json; charset=utf-8"
    package static let batchType = "application/cloudevents-batch+json; charset=utf-8"
    package static let dataType = "application/json"

    /// The option `cloudEvents` of a sink.
    package struct Options: Decodable, Sendable {
        /// `nil` for `/tallywire/EPOCH`.
        package var source: String?
        package var typePrefix = ""

        package init(source: String? = nil, typePrefix: String = "") {
            self.source = source
            self.typePrefix = typePrefix
        }

        /// The option, for the schema of a sink.
        package static let option = OptionSchema.Option.optional(
            "cloudEvents",
            .object([
                .optional("source", .string(limit: 500), "The attribute source, a URI reference. Default: /tallywire/EPOCH."),
                .optional(
                    "typePrefix", .string(limit: 200, .anything), default: "",
                    "What stands before the event's name in the attribute type, such as com.example."),
            ]), default: [:], "How events are named as CloudEvents.")
    }

    /// The writer for the events of a journal, with a sink's options.
    package init(_ options: Options, epoch: String) {
        source = options.source ?? "/tallywire/\(epoch)"
        typePrefix = options.typePrefix
        self.epoch = epoch
    }

    /// The structured mode of `record`; `nil` if its JSON is not that of an event.
    package func structured(_ record: EventEnvelope) -> [UInt8]? {
        guard let data = record.data else { return nil }
        var json = JSONWriter(capacity: record.json.count + 256)
        json.object { json in
            for attribute in attributes(of: record) {
                json.dynamicKey(attribute.name)
                json.string(attribute.value)
            }
            json.member("datacontenttype", Self.dataType)
            json.key("data")
            json.raw(data)
        }
        return json.bytes
    }

    /// The context attributes except `datacontenttype`, for which a protocol may have a place of its own.
    package func attributes(of record: EventEnvelope) -> [(name: String, value: String)] {
        var attributes = [
            (name: "specversion", value: "1.0"), ("id", "\(epoch):\(record.seq)"), ("source", source),
            ("type", typePrefix + record.type.rawValue),
        ]
        let subject = record.subject
        if let text = subject.sku ?? subject.product?.description ?? subject.location {
            attributes.append(("subject", text))
        }
        attributes.append(("time", record.timestamp.description))
        // https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/distributed-tracing.md
        if let trace = record.trace { attributes.append((TraceParent.name, trace.description)) }
        return attributes
    }
}
