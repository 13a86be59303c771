import GS1
import Mosquitto
import TallywireCore

/// Turns a message into what is to be done with it. Pure: it neither submits nor publishes.
struct ScanDesk {
    let source: String
    let topic: ScanTopic
    let devices: DeviceBook
    let defaultLocation: String
    let lineLimit: Int
    /// How far a device's clock may be ahead of the server's.
    let clockSkew: Duration
    let answers: AnswerRule
    private var cards = DeviceCards()
    /// The topic that was looked at last.
    private var last: (topic: String, card: DeviceCards.Card?)?
    /// The year that was worked out last, and the day for which.
    private var year = (day: Int64.min, year: 0)

    init(
        source: String, topic: ScanTopic, devices: DeviceBook, defaultLocation: String, lineLimit: Int, clockSkew: Duration,
        answers: AnswerRule = .always
    ) {
        self.source = source
        self.topic = topic
        self.devices = devices
        self.defaultLocation = defaultLocation
        self.lineLimit = lineLimit
        self.clockSkew = clockSkew
        self.answers = answers
    }

    /// What is to be done with a message.
    enum Order: Equatable, Sendable {
        /// Nothing: it is retained, on a topic that is not ours, or no scan.
        case ignore
        /// It is no scan that could be; this is its answer.
        case refuse(ScanReply, Addressee)
        case submit(ScanOrder)
    }

    /// Whether scans come on `topic`.
    mutating func takesScans(on topic: String) -> Bool { card(of: topic) != nil }

    /// `makeID` gives the id of a message whose payload has none; it is called once at most.
    mutating func order(for message: InboundMessage, now: Timestamp, makeID: () -> String) -> Order {
        guard !message.isRetained, let card = card(of: message.topic) else { return .ignore }
        var addressee = Addressee(device: card.device, name: card.device)
        do throws(MalformedScan) {
            if let problem = card.problem { throw problem }
            guard !message.isOversized else {
                throw MalformedScan("the payload has \(message.size) bytes, which is over the limit")
            }
            guard let payload = try card.format.read(message.payload, limit: lineLimit) else { return .ignore }
            var settings = card.settings
            if let own = payload.device {
                if let problem = problem(with: own) { throw problem }
                addressee.name = own
                settings = devices.settings(of: own)
            }
            addressee.feedback = settings.feedback.flatMap { options in payload.feedback.map { ($0, options) } }
                .map { Addressee.Feedback(way: $0.0, options: $0.1) }
            let parts = try payload.parts(
                ScanDefaults(device: addressee.name, settings: settings, location: defaultLocation, year: currentYear(now)))
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
        return ScanOrder(
            addressee: addressee, id: base, grouping: payload.grouping, tasks: tasks, bounce: settings.bounce,
            tagWindow: settings.tagWindow)
    }

    private mutating func card(of topic: String) -> DeviceCards.Card? {
        if let last, last.topic == topic { return last.card }
        let card = cards[topic] ?? makeCard(of: topic)
        last = (topic, card)
        return card
    }

    private mutating func makeCard(of topic: String) -> DeviceCards.Card? {
        let card = self.topic.device(of: topic).map {
            DeviceCards.Card(device: $0, settings: devices.settings(of: $0), problem: problem(with: $0))
        }
        cards[topic] = .some(card)
        return card
    }

    private func problem(with device: String) -> MalformedScan? {
        guard device.isEmpty || source.count + 1 + device.count > Limits.sourceLength else { return nil }
        return MalformedScan("a device's name has 1 to \(Limits.sourceLength - source.count - 1) characters")
    }

    private func check(_ occurredAt: Timestamp?, _ now: Timestamp) throws(MalformedScan) {
        guard let occurredAt, occurredAt.milliseconds - now.milliseconds > clockSkew.milliseconds else { return }
        throw MalformedScan("occurredAt, \(occurredAt), is ahead of the server's clock, \(now): set the device's clock")
    }

    private mutating func currentYear(_ now: Timestamp) -> Int {
        let day = now.milliseconds / 86_400_000
        if year.day != day { year = (day, Int(now.description.prefix(4)) ?? 2000) }
        return year.year
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
        guard answers == .always else { return [] }
        guard let target = topic.answers(toScanOn: request.topic), Topic.problem(target) == nil else { return [] }
        return [MQTTMessage(topic: target, payload: reply.json, correlationData: request.correlationData)]
    }
}
