import GS1
import Mosquitto
import TallywireCore

/// Turns a message into the scans that it asks for. The interpreter neither submits nor publishes.
struct ScanInterpreter {
    let source: String
    let topic: ScanTopic
    let devices: DeviceSettingsTable
    let defaultLocation: String
    let lineLimit: Int
    /// How far a device's clock may be ahead of the server's. The engine checks it.
    let clockSkew: Duration
    let replies: ReplyRule
    /// The topics to which replies may go if a message names one.
    let responses: ResponseTopics
    /// What control codes said. Messages have to be interpreted in their order.
    var modes: ModeTable
    private var cache = DeviceCache()
    /// The topic that was looked up last.
    private var last: (topic: String, entry: DeviceCache.Entry?)?
    /// The year that was worked out last, and the day for which it was.
    private var year = (day: Int64.min, year: 0)

    init(
        source: String, topic: ScanTopic, devices: DeviceSettingsTable, defaultLocation: String, lineLimit: Int,
        clockSkew: Duration, replies: ReplyRule = .always, responses: ResponseTopics? = nil, modes: ModeTable = ModeTable()
    ) {
        self.modes = modes
        self.source = source
        self.topic = topic
        self.devices = devices
        self.defaultLocation = defaultLocation
        self.lineLimit = lineLimit
        self.clockSkew = clockSkew
        self.replies = replies
        self.responses = responses ?? ResponseTopics(of: topic)
    }

    /// What a message means.
    enum Meaning: Equatable, Sendable {
        /// No scan: the message is retained, on a topic that is not this source's, or well-formed without a scan.
        case nothing
        /// Not a valid scan: the reply is sent, and nothing is submitted.
        case refusal(ScanReply, ScanSender)
        /// A control code that was taken: the reply is sent, and nothing is submitted.
        case control(ScanReply, ScanSender)
        case order(ScanOrder)
    }

    /// The device that publishes on `topic`; `nil` if that is not a topic of scans.
    mutating func device(of topic: String) -> String? { entry(of: topic)?.device }

    /// Whether `topic` is a topic of scans.
    mutating func takesScans(on topic: String) -> Bool { entry(of: topic) != nil }

    /// Returns what `message` means. `makeID` makes the id of a message whose payload has none. It is called at most once.
    /// `moment` is what the modes of devices depend on.
    mutating func meaning(
        of message: InboundMessage, now: Timestamp, _ moment: ModeTable.Moment = ModeTable.Moment(), makeID: () -> String
    ) -> Meaning {
        guard !message.isRetained, let entry = entry(of: message.topic) else { return .nothing }
        var sender = ScanSender(device: entry.device, name: entry.device)
        sender.trace = message.userProperties.first { $0.name == TraceParent.name }.flatMap { TraceParent($0.value) }
        do throws(MalformedScan) {
            if let problem = entry.problem { throw problem }
            guard !message.isOversized else {
                throw MalformedScan("the payload has \(message.size) bytes, which is over the limit")
            }
            guard let payload = try entry.format.read(message.payload, limit: lineLimit) else { return .nothing }
            var settings = entry.settings
            // The topic says which device it is, since the broker lets no other device publish there. A payload can name any
            // device.
            if let own = payload.device.map(Self.name), entry.settings.gateway == true {
                if let problem = problem(with: own) { throw problem }
                sender.name = own
                settings = devices.settings(of: own)
            }
            if let way = payload.feedback, let options = settings.feedback, isOwn(way, entry) {
                sender.feedback = ScanSender.Feedback(way: way, options: options)
            }
            if let code = try payload.controlCode(settings.codes) {
                return try control(code, payload, sender, settings, moment, makeID: makeID)
            }
            let mode = modes.mode(of: sender.name, moment, idle: settings.mode?.idle ?? ModeTable.idle)
            let items = try payload.items(
                ScanDefaults(
                    device: sender.name, settings: mode.applied(to: settings), location: defaultLocation,
                    reservation: mode.reservation, year: currentYear(now)))
            guard !items.isEmpty else { throw MalformedScan("none of the tags is an item's: an SGTIN is expected") }
            var order = order(payload, items, sender, settings, makeID: makeID)
            order.mode = mode
            return .order(order)
        } catch {
            let id = ScanPayload.id(inMalformed: message.payload) ?? makeID()
            return .refusal(ScanReply(id: id, outcome: .rejected(Rejection(.invalidRequest, error.description))), sender)
        }
    }

    /// What a control code means: `TW:UNDO` is a command, and every other one changes the device's mode.
    private mutating func control(
        _ code: ControlCode, _ payload: ScanPayload, _ sender: ScanSender, _ settings: DeviceSettings, _ moment: ModeTable.Moment,
        makeID: () -> String
    ) throws(MalformedScan) -> Meaning {
        let idle = settings.mode?.idle ?? ModeTable.idle
        guard code == .undo else {
            let (mode, isRepeat) = try modes.take(code, id: payload.id, of: sender.name, moment, idle: idle)
            let id = payload.id ?? makeID()
            let receipt = Receipt(movementID: id, status: isRepeat ? .duplicate : .applied, seq: nil)
            return .control(ScanReply(id: id, results: [.applied(receipt)], mode: mode), sender)
        }
        guard let undo = settings.undo, undo > .zero else {
            throw MalformedScan("TW:UNDO takes nothing back of this device: “undo” in plugins.json says within which time it may")
        }
        var item = ScanOrder.Item(
            movement: Movement(reason: payload.scans[0].reason, lines: []), index: 0, key: code.text, isTag: false)
        item.undo = undo
        var order = order(payload, [item], sender, settings, makeID: makeID)
        order.mode = modes.mode(of: sender.name, moment, idle: idle)
        return .order(order)
    }

    private func order(
        _ payload: ScanPayload, _ items: [ScanOrder.Item], _ sender: ScanSender, _ settings: DeviceSettings,
        makeID: () -> String
    ) -> ScanOrder {
        let isApart = payload.grouping == .apart
        // A batch whose reads all have ids of their own needs no id of the message.
        let needsID = isApart ? items.contains { payload.scans[$0.index].id == nil } : payload.id == nil
        let base = needsID ? makeID() : payload.id ?? ""
        var items = items
        for index in items.indices {
            let own = isApart ? payload.scans[items[index].index].id : payload.id
            items[index].idIsGiven = own != nil
            items[index].id = own ?? (isApart ? "\(base)-\(items[index].index)" : base)
        }
        return ScanOrder(
            sender: sender, id: base, grouping: payload.grouping, items: items, source: "\(source)/\(sender.name)",
            clockSkew: clockSkew, bounce: settings.bounce, tagWindow: settings.tagWindow)
    }

    private mutating func entry(of topic: String) -> DeviceCache.Entry? {
        if let last, last.topic == topic { return last.entry }
        let entry = cache[topic] ?? makeEntry(of: topic)
        last = (topic, entry)
        return entry
    }

    private mutating func makeEntry(of topic: String) -> DeviceCache.Entry? {
        let entry = self.topic.device(of: topic).map { level in
            let device = Self.name(level)
            return DeviceCache.Entry(device: device, settings: devices.settings(of: device), problem: problem(with: device))
        }
        cache[topic] = .some(entry)
        return entry
    }

    /// The device that a level of a topic names, in key form. A level that is far too long for a device's name is returned as it
    /// is.
    static func name(_ level: String) -> String { level.utf8.count > 16 * Limits.deviceLength ? level : level.keyForm }

    private func problem(with device: String) -> MalformedScan? {
        Command.mistake(inDevice: device).map { MalformedScan($0) }
    }

    /// Whether this way to get a reply leads to the device itself, or to one that the device may speak for.
    private func isOwn(_ way: ScanPayload.Feedback, _ entry: DeviceCache.Entry) -> Bool {
        if entry.settings.gateway == true { return true }
        return switch way {
        case .proGlove(let gateway, let device): device == entry.device && (gateway == nil || gateway == entry.device)
        }
    }

    private mutating func currentYear(_ now: Timestamp) -> Int {
        let day = now.milliseconds / 86_400_000
        if year.day != day { year = (day, Int(now.description.prefix(4)) ?? 2000) }
        return year.year
    }

    // MARK: Replying

    /// The messages that carry `reply` to the sender of `request`: to the response topic of `request` with its correlation data,
    /// else in the device's own way, else to the device's topic for replies. A response topic that the entry does not allow is
    /// ignored, since the server may publish where the sender may not.
    func messages(for reply: ScanReply, to request: InboundMessage, _ sender: ScanSender, now: Timestamp) -> [MQTTMessage] {
        if let wanted = request.responseTopic, responses.allow(wanted, to: sender.device) {
            return [MQTTMessage(topic: wanted, payload: reply.json, correlationData: request.correlationData)]
        }
        if let feedback = sender.feedback { return feedback.messages(for: reply, now: now) }
        guard replies == .always else { return [] }
        guard let target = topic.replyTopic(forScansOn: request.topic), Topic.problem(target) == nil else { return [] }
        return [MQTTMessage(topic: target, payload: reply.json, correlationData: request.correlationData)]
    }
}

/// Which scans get replies. A reply that no device reads costs the broker as much as the scan.
enum ReplyRule: String, Decodable, Sendable, CaseIterable {
    /// All scans.
    case always
    /// The scans whose message names a response topic, and the scans of devices with feedback.
    case asked
}

/// The values that are worked out once for each topic of scans: its device with the device's settings.
///
/// For one task. All entries are removed when there are ``limit`` of them, since anybody may publish on any number of topics.
struct DeviceCache {
    /// The entry of one topic.
    final class Entry: Sendable {
        let device: String
        let settings: DeviceSettings
        let format: PayloadFormat
        /// What is wrong with the device's name; `nil` if nothing is.
        let problem: MalformedScan?

        init(device: String, settings: DeviceSettings, problem: MalformedScan?) {
            self.device = device
            self.settings = settings
            self.problem = problem
            format = settings.payload ?? .automatic
        }
    }

    private static let limit = 10_000
    private var entries: [String: Entry?] = [:]

    /// The entry of a topic that was looked up before; `.some(nil)` for one that is not a topic of scans.
    subscript(topic: String) -> Entry?? {
        get { entries[topic] }
        set {
            if entries.count >= Self.limit { entries.removeAll(keepingCapacity: true) }
            entries[topic] = newValue
        }
    }
}
