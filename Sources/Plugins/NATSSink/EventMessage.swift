import NATS
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Makes messages of events, with the headers by which a stream, a consumer and the sink itself recognize them.
struct EventMessage: Sendable {
    /// What the payload is.
    enum Payload: String, CaseIterable, Decodable, Sendable {
        /// The event as it is in the journal.
        case event
        /// A CloudEvent of version 1.0 in structured mode.
        case cloudevents
        /// The event's `data`, with the attributes of the CloudEvent as headers.
        case cloudeventsBinary = "cloudevents-binary"
    }

    /// The names of headers: those of JetStream (https://docs.nats.io/nats-concepts/jetstream/headers), and ours.
    enum Header {
        static let id = "Nats-Msg-Id"
        static let stream = "Nats-Expected-Stream"
        static let lastID = "Nats-Expected-Last-Msg-Id"
        static let lastSequence = "Nats-Expected-Last-Sequence"
        static let contentType = "Content-Type"
        static let sink = "Tallywire-Sink"
    }

    let subject: SubjectTemplate
    let payload: Payload
    let stream: String
    /// The sink's name, which has letters, digits, `-` and `_`.
    let sink: String
    let epoch: String
    let cloudEvent: CloudEvent

    init(_ options: NATSSinkOptions, subject: SubjectTemplate, sink: String, epoch: String) {
        self.subject = subject
        payload = options.payload
        stream = options.stream
        self.sink = sink
        self.epoch = epoch
        cloudEvent = CloudEvent(options.cloudEvents, epoch: epoch)
    }

    /// `EPOCH:SEQ`.
    func id(_ seq: UInt64) -> String { "\(epoch):\(seq)" }

    /// The seq of an event that this sink has published, by the headers of its message; `nil` for any other message.
    func seq(_ headers: [String: String]) -> UInt64? {
        guard headers[Header.sink] == sink, let id = headers[Header.id], id.hasPrefix(epoch + ":") else { return nil }
        return UInt64(id.dropFirst(epoch.count + 1))
    }

    /// How many bytes a message has at most beyond what ``message(_:)`` gave: what it says of the message before it.
    var expectationSize: Int {
        NATSMessage.size(ofHeader: Header.lastID, id(.max)) + NATSMessage.size(ofHeader: Header.lastSequence, String(UInt64.max))
    }

    /// The message, or why no message can carry the event.
    func message(_ record: EventEnvelope) -> Result<NATSMessage, Unfit> {
        guard let subject = subject.subject(EventValues(record, epoch: epoch)) else {
            return .failure(Unfit("its subject would be longer than \(SubjectTemplate.limit) bytes"))
        }
        var message = NATSMessage(
            subject: subject,
            headers: [(Header.id, id(record.seq)), (Header.stream, stream), (Header.sink, sink)], payload: record.json)
        if let trace = record.trace { message.headers.append((TraceParent.name, trace.description)) }
        switch payload {
        case .event: message.headers.append((Header.contentType, CloudEvent.dataType))
        case .cloudevents:
            guard let structured = cloudEvent.structured(record) else { return .failure(Unfit.damaged) }
            message.payload = structured
            message.headers.append((Header.contentType, CloudEvent.structuredType))
        case .cloudeventsBinary:
            guard let data = record.data else { return .failure(Unfit.damaged) }
            message.payload = Array(data)
            let attributes = cloudEvent.attributes(of: record) + [(name: "datacontenttype", value: CloudEvent.dataType)]
            message.headers += attributes.map { ("ce-\($0.name)", Self.headerValue($0.value)) }
        }
        return .success(message)
    }

    /// Why no message can carry an event.
    struct Unfit: Error, Equatable {
        let reason: String

        init(_ reason: String) { self.reason = reason }

        static let damaged = Unfit("the event has no data that can be read")
    }

    /// A value as CloudEvents wants it in a header: printable ASCII without space, double quote and percent as it is
    /// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md, section 3.1.3.2).
    private static func headerValue(_ text: String) -> String {
        percentEncoded(text) { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "%") }
    }
}
