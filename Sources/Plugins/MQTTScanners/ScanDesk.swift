import GS1
import Mosquitto
import TallywireCore

/// Turns a message into what is to be done with it. Pure: it neither submits nor publishes.
struct ScanDesk: Sendable {
    let source: String
    let topic: ScanTopic
    let devices: DeviceBook
    let defaultLocation: String
    let lineLimit: Int
    /// How far a device's clock may be ahead of the server's.
    let clockSkew: Duration

    /// What is to be done with a message.
    enum Order: Equatable, Sendable {
        /// Nothing: it is retained, on a topic that is not ours, or no scan.
        case ignore
        /// It is no scan that could be; this is its answer.
        case refuse(ScanReply, Addressee)
        case submit(ScanOrder)
    }

    /// `makeID` gives the id of a message whose payload has none; it is called once at most.
    func order(for message: InboundMessage, now: Timestamp, makeID: () -> String) -> Order {
        guard !message.isRetained, let device = topic.device(of: message.topic) else { return .ignore }
        var addressee = Addressee(device: device, name: device)
        do throws(MalformedScan) {
            try check(device)
            guard !message.isOversized else {
                throw MalformedScan("the payload has \(message.size) bytes, which is over the limit")
            }
            let format = devices.settings(of: device).payload ?? .automatic
            guard let payload = try format.read(message.payload, limit: lineLimit) else { return .ignore }
            if let own = payload.device {
                try check(own)
                addressee.name = own
            }
            let settings = devices.settings(of: addressee.name)
            addressee.feedback = settings.feedback.flatMap { options in payload.feedback.map { ($0, options) } }
                .map { Addressee.Feedback(way: $0.0, options: $0.1) }
            let parts = try payload.parts(
                ScanDefaults(device: addressee.name, settings: settings, location: defaultLocation, year: Self.year(of: now)))
            for part in parts { try check(part.movement.occurredAt, now) }
            guard !parts.isEmpty else { throw MalformedScan("none of the tags is an item's: an SGTIN is expected") }
            return .submit(order(payload, parts, addressee, settings, makeID: makeID))
        } catch {
            let id = ScanPayload.id(inMalformed: message.payload) ?? makeID()
            return .refuse(ScanReply(id: id, outcome: .rejected(Rejection(.invalidRequest, error.description))), addressee)
        }
    }

    private func order(
        _ payload: ScanPayload, _ parts: [ScanPayload.Part], _ addressee: Addressee, _ settings: DeviceSettings,
        makeID: () -> String
    ) -> ScanOrder {
        let isApart = payload.grouping == .apart
        // Reads of a batch that have ids of their own need none of the message.
        let needsID = isApart ? parts.contains { payload.scans[$0.index].id == nil } : payload.id == nil
        let base = needsID ? makeID() : payload.id ?? ""
        let tasks = parts.map { part in
            let own = isApart ? payload.scans[part.index].id : payload.id
            let id = own ?? (isApart ? "\(base)-\(part.index)" : base)
            let command = Command(id: id, source: "\(source)/\(addressee.name)", action: .move(part.movement))
            return ScanOrder.Task(command: command, index: part.index, key: part.key, isTag: part.isTag, idIsGiven: own != nil)
        }
        return ScanOrder(addressee: addressee, id: base, grouping: payload.grouping, tasks: tasks, settings: settings)
    }

    private func check(_ device: String) throws(MalformedScan) {
        guard !device.isEmpty, source.count + 1 + device.count <= Limits.sourceLength else {
            throw MalformedScan("a device's name has 1 to \(Limits.sourceLength - source.count - 1) characters")
        }
    }

    private func check(_ occurredAt: Timestamp?, _ now: Timestamp) throws(MalformedScan) {
        guard let occurredAt, occurredAt.milliseconds - now.milliseconds > clockSkew.milliseconds else { return }
        throw MalformedScan("occurredAt, \(occurredAt), is ahead of the server's clock, \(now): set the device's clock")
    }

    private static func year(of time: Timestamp) -> Int {
        Int(time.description.prefix(4)) ?? 2000
    }

    // MARK: Answering

    /// The messages that bring `reply` to the sender of `request`: to its response topic with its correlation data, else in the device's
    /// own way, else to the device's topic for answers. A response topic that nothing can be published to, or that would come back as a
    /// scan, is passed over.
    func answers(_ reply: ScanReply, to request: InboundMessage, _ addressee: Addressee, now: Timestamp) -> [MQTTMessage] {
        if let wanted = request.responseTopic, Topic.problem(wanted) == nil, !Topic.matches(wanted, filter: topic.filter) {
            return [MQTTMessage(topic: wanted, payload: reply.json, correlationData: request.correlationData)]
        }
        if let feedback = addressee.feedback { return feedback.messages(for: reply, now: now) }
        guard let target = topic.answers(toScanOn: request.topic), Topic.problem(target) == nil else { return [] }
        return [MQTTMessage(topic: target, payload: reply.json, correlationData: request.correlationData)]
    }
}
