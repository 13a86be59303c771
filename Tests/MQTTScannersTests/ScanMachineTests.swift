import Logging
import Mosquitto
import Synchronization
import TallywireCore
import TallywirePipeline
import TallywireTesting
import Testing

@testable import MQTTScanners
@testable import TallywireEngine

/// The machine by itself: the broker, the engine, the disk and the clock are played by the test.
@Suite("What becomes of batches, decided without broker, engine or time")
struct ScanMachineTests {
    @Test(
        "whatever fails and whatever is late, each scan counts once, in its device's order, and is acknowledged only with its reply",
        arguments: 1...UInt64(300))
    func simulation(seed: UInt64) throws {
        let world = try World(seed: seed)
        for _ in 0..<400 { try world.step() }
        try world.finish()
    }

    @Test("a lone scan takes three inputs, and each has one effect")
    func alone() throws {
        let world = try World(seed: 1)
        let batch = InboundBatch(messages: [world.scan(1, of: "dock-1")])
        let stored = world.machine.take(.received(batch), at: world.now)
        guard case .run(.storeReservation) = stored.first, stored.count == 1 else {
            Issue.record("\(stored)")
            return
        }
        let begun = world.machine.take(.done(), at: world.now)
        guard case .submit(let commands, _, let submission) = begun.first, begun.count == 1 else {
            Issue.record("\(begun)")
            return
        }
        #expect(commands.map(\.id) == ["dock-1/1"])
        let decided = world.machine.take(
            .decided([.applied(Receipt(movementID: "dock-1/1", seq: 7))], number: submission), at: world.now)
        guard case .publish(let messages, let publication, false) = decided.first, decided.count == 1 else {
            Issue.record("\(decided)")
            return
        }
        #expect(messages.map(\.topic) == ["scanners/dock-1/ack"])
        let published = world.machine.take(.published(.success([.accepted]), number: publication), at: world.now)
        guard case .acknowledge = published.first, published.count == 1 else {
            Issue.record("\(published)")
            return
        }
    }

    @Test(
        "a scan of which nobody knows whether it counted is submitted with the same id until there is an answer, and not numbered anew",
        arguments: [1, 2])
    func unknown(batches: Int) throws {
        let world = try World(seed: 1)
        func submissions(_ effects: [ScanMachine.Effect]) -> [(ids: [String?], lane: CommandLane, number: Int)] {
            effects.compactMap { effect in
                if case .submit(let commands, let lane, let number) = effect { (commands.map(\.id), lane, number) } else { nil }
            }
        }
        func reply(_ effects: [ScanMachine.Effect]) -> Bool {
            effects.contains { if case .publish = $0 { true } else { false } }
        }
        let lost = Outcome.rejected(Rejection(.unknown, "no answer came"))
        _ = world.machine.take(.received(InboundBatch(messages: [world.bareScan(of: "dock-1")])), at: world.now)
        var begun = submissions(world.machine.take(.done(), at: world.now))
        if batches == 2 {
            // The second batch fails with the first, in the same lane, so that it is submitted again without a failure of its own.
            begun += submissions(
                world.machine.take(.received(InboundBatch(messages: [world.bareScan(of: "dock-1")])), at: world.now))
        }
        try #require(begun.count == batches)
        var effects: [ScanMachine.Effect] = []
        begun[0].lane.refuseAtWriter()
        for submission in begun { effects += world.machine.take(.decided([lost], number: submission.number), at: world.now) }
        #expect(!reply(effects) && submissions(effects).isEmpty, "no reply, and a pause first")
        effects = world.machine.take(.resumed, at: world.now)
        var answered = 0
        while let again = submissions(effects).first {
            #expect(again.ids == begun[answered].ids)
            let repeated = Receipt(movementID: again.ids[0] ?? "", status: .duplicate, seq: 7)
            effects = Array(effects.drop { if case .submit(_, _, again.number) = $0 { false } else { true } }.dropFirst())
            effects += world.machine.take(.decided([.applied(repeated)], number: again.number), at: world.now)
            answered += 1
            try #require(answered <= batches, "it was submitted under another id: \(again.ids)")
        }
        #expect(answered == batches && reply(effects), "the repeat is the answer")
    }

    @Test("statuses of a thousand devices and the scans between them are one submission, and the marks are stored behind it")
    func presence() throws {
        let world = try World(seed: 1)
        let statuses = (1...1000).map { world.status("offline", of: "till-\($0)") }
        let batch = InboundBatch(messages: statuses + [world.scan(1, of: "dock-1")])
        let known = PresenceMark(.online, since: Timestamp(milliseconds: 1)).number
        var effects = world.machine.take(.received(batch), at: world.now)
        guard case .run(.loadMarks(let devices)) = effects.first else {
            Issue.record("\(effects)")
            return
        }
        effects = world.machine.take(.done(marks: Dictionary(uniqueKeysWithValues: devices.map { ($0, known) })), at: world.now)
        guard case .run(.storeReservation) = effects.first else {
            Issue.record("\(effects)")
            return
        }
        effects = world.machine.take(.done(), at: world.now)
        guard case .submit(let commands, _, let number) = effects.first, effects.count == 1 else {
            Issue.record("\(effects)")
            return
        }
        #expect(commands.count == 1001 && commands.last?.id == "dock-1/1")
        effects = world.machine.take(
            .decided(commands.map { .applied(Receipt(movementID: $0.id ?? "", seq: 1)) }, number: number), at: world.now)
        guard case .run(.storeMarks(let marks)) = effects.first, effects.count == 1 else {
            Issue.record("\(effects)")
            return
        }
        #expect(marks.count == 1000)
        #expect(world.presence(of: "till-1") != .offline, "it is shown once the report is on disk and its mark is stored")
        effects = world.machine.take(.done(), at: world.now)
        guard case .publish = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(world.presence(of: "till-1") == .offline && world.presence(of: "till-1000") == .offline)
    }
}

/// Devices that scan, a broker that delivers until it has an acknowledgement, an engine whose commits fail, and a process that dies.
private final class World {
    var machine: ScanMachine
    let now = Timestamp(milliseconds: 1_795_365_600_000)
    private var random: SplitMix
    private let context: SourceContext
    private let devices = ["dock-1", "dock-2", "till"]
    /// How many scans each device made.
    private var scanned: [String: Int] = [:]
    /// What the broker has and nobody acknowledged, in order, with whether it was delivered.
    private var atBroker: [(message: InboundMessage, isDelivered: Bool)] = []
    private var packets: UInt16 = 0
    /// The batches that were delivered to this process, with the number of their messages.
    private var delivered: [InboundBatch] = []
    private var submissions: [(commands: [Command], lane: CommandLane, number: Int, room: Int)] = []
    private var publications: [(topics: [String], number: Int)] = []
    private var job: ScanMachine.Job?
    private var isPaused = false
    private var hasEnded = false
    /// What was applied, in order.
    private var applied: [String] = []
    /// How many replies each publication had that the broker took, for batches that are not acknowledged yet.
    private var replied: [Int] = []
    private var reservation: UInt64?
    private var modes: [String: ModeTable.Device] = [:]
    /// Where each device's control codes say that it is, and where each scan has to count.
    private var places: [String: String] = [:]
    private var expected: [String: String] = [:]
    private var marks: [String: UInt64] = [:]
    /// Whether nothing fails any more.
    private var isGentle = false

    init(seed: UInt64) throws {
        random = SplitMix(state: seed)
        context = SourceContext(
            name: "mqtt-scanners", logger: quiet, gateway: NoGateway(), stock: InMemoryJournal(), defaultLocation: "MAIN",
            status: SourceStatus(),
            bookmark: NoBookmark(), version: "test", deviceBookmark: { _ in NoBookmark() },
            now: { Timestamp(milliseconds: 0) })
        machine = try Self.machine(context, nil, [:])
    }

    private static func machine(
        _ context: SourceContext, _ reservation: UInt64?, _ modes: [String: ModeTable.Device]
    ) throws -> ScanMachine {
        let interpreter = try ScanInterpreter(
            source: context.name, topic: ScanTopic(template: "scanners/{device}/scan"),
            devices: DeviceSettingsTable(["*": DeviceSettings(operation: .subtract)]), defaultLocation: "MAIN", lineLimit: 10,
            clockSkew: .seconds(300), modes: ModeTable(modes, newest: reservation ?? .max))
        return try ScanMachine(
            context,
            BatchReader(
                context, interpreter: interpreter, statuses: ScanTopic(template: "scanners/{device}/status"),
                numbering: PacketNumbering(stored: reservation, receiveMaximum: 1000)))
    }

    func presence(of device: String) -> DeviceRecord.Presence? { context.devices.record(of: device, at: "mqtt-scanners")?.presence }

    func scan(_ number: Int, of device: String) -> InboundMessage {
        packets = packets % 60_000 + 1
        return InboundMessage(
            topic: "scanners/\(device)/scan", payload: Array(#"{"id":"\#(device)/\#(number)","sku":"TEE"}"#.utf8), packetID: packets
        )
    }

    /// A scan without an id of its own.
    func bareScan(of device: String) -> InboundMessage {
        packets = packets % 60_000 + 1
        return InboundMessage(topic: "scanners/\(device)/scan", payload: Array(#"{"sku":"TEE"}"#.utf8), packetID: packets)
    }

    private func code(_ code: String, of device: String) -> InboundMessage {
        packets = packets % 60_000 + 1
        return InboundMessage(topic: "scanners/\(device)/scan", payload: Array(code.utf8), packetID: packets)
    }

    func status(_ word: String, of device: String) -> InboundMessage {
        packets = packets % 60_000 + 1
        return InboundMessage(topic: "scanners/\(device)/status", payload: Array(word.utf8), packetID: packets)
    }

    private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private func fails(_ percent: Int) -> Bool { !isGentle && chance(percent) }

    // MARK: Steps

    func step() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<25: publish()
        case 25..<45: try deliver()
        case 45..<65: try decide()
        case 65..<80: try answerPublication()
        case 80..<90: try finishJob()
        case 90..<97: if isPaused { try resume() }
        default: if chance(20) { try restart() }
        }
    }

    /// A device scans, or says whether it is there.
    private func publish() {
        let device = devices.randomElement(using: &random)!
        if chance(15) { return atBroker.append((status(chance(50) ? "online" : "offline", of: device), false)) }
        if chance(20) {
            let place = chance(20) ? nil : "L-\(Int.random(in: 1...9, using: &random))"
            places[device] = place
            return atBroker.append((code(place.map { "TW:AT:\($0)" } ?? "TW:END", of: device), false))
        }
        scanned[device, default: 0] += 1
        expected["\(device)/\(scanned[device]!)"] = places[device] ?? "MAIN"
        atBroker.append((scan(scanned[device]!, of: device), false))
    }

    private func deliver() throws {
        guard let first = atBroker.firstIndex(where: { !$0.isDelivered }) else { return }
        let count = min(atBroker.count - first, Int.random(in: 1...5, using: &random))
        var messages: [InboundMessage] = []
        for index in first..<(first + count) {
            atBroker[index].isDelivered = true
            messages.append(atBroker[index].message)
            atBroker[index].message.isRedelivery = true
        }
        let batch = InboundBatch(messages: messages, connection: delivered.count)
        delivered.append(batch)
        try bring(.received(batch))
    }

    private func decide() throws {
        guard !submissions.isEmpty else { return }
        let (commands, lane, number, room) = submissions.removeFirst()
        let overloaded = Outcome.rejected(Rejection(.overloaded, "full"))
        let outcomes = commands.enumerated().map { index, command -> Outcome in
            guard index < room else { return overloaded }
            var isUnknown = false
            if !lane.isUnwritten, fails(4) {
                lane.refuseAtWriter()
                isUnknown = chance(50)
                if isUnknown, chance(50) { return .rejected(Rejection(.unknown, "it never came there")) }
            }
            guard isUnknown || !lane.isUnwritten else { return .rejected(Rejection(.unavailable, "no disk")) }
            let id = command.id ?? ""
            if case .move(let movement) = command.action {
                #expect(movement.lines.map(\.location) == [expected[id]], "\(id) means something else")
            }
            let isRepeat = applied.contains(id)
            if !isRepeat { applied.append(id) }
            if isUnknown { return .rejected(Rejection(.unknown, "no answer came")) }
            return .applied(Receipt(movementID: id, status: isRepeat ? .duplicate : .applied, seq: 1))
        }
        try bring(.decided(outcomes, number: number))
    }

    private func answerPublication() throws {
        guard !publications.isEmpty else { return }
        let (topics, number) = publications.removeFirst()
        if fails(15) { return try bring(.published(.failure(MQTTError(.notConnected, "away")), number: number)) }
        replied.append(topics.count)
        try bring(.published(.success(topics.map { _ in .accepted }), number: number))
    }

    private func finishJob() throws {
        guard let job else { return }
        self.job = nil
        if fails(20) { return try bring(.failed(reason: "no disk")) }
        switch job {
        case .storeReservation(let number):
            reservation = number
            try bring(.done())
        case .loadMarks(let devices): try bring(.done(marks: Dictionary(uniqueKeysWithValues: devices.map { ($0, marks[$0]) })))
        case .storeMarks(let changes):
            for (device, mark) in changes { marks[device] = mark }
            try bring(.done())
        case .storeModes(let devices):
            modes = devices
            try bring(.done())
        case .setAside: Issue.record("nothing is poison")
        }
    }

    private func resume() throws {
        isPaused = false
        try bring(.resumed)
    }

    /// The process ends, asked to or not, and another begins: the broker delivers again what was not acknowledged.
    private func restart() throws {
        if chance(50) {
            try bring(.stopping)
            for _ in 0..<200 where !hasEnded {
                try decide()
                try answerPublication()
                try finishJob()
            }
            #expect(hasEnded)
        }
        machine = try Self.machine(context, reservation, modes)
        (delivered, submissions, publications, job, isPaused, hasEnded, replied) = ([], [], [], nil, false, false, [])
        for index in atBroker.indices { atBroker[index].isDelivered = false }
    }

    /// Lets everything come to its end, with nothing that fails, and looks at what became of it.
    func finish() throws {
        isGentle = true
        if hasEnded { try restart() }
        for _ in 0..<2_000 where !atBroker.isEmpty {
            if isPaused { try resume() }
            try finishJob()
            try decide()
            try answerPublication()
            try deliver()
        }
        try #require(atBroker.isEmpty, "\(atBroker.count) messages are left")
        for device in devices {
            let own = applied.filter { $0.hasPrefix(device + "/") }
            #expect(own == (1...max(1, scanned[device] ?? 1)).prefix(scanned[device] ?? 0).map { "\(device)/\($0)" })
        }
    }

    // MARK: The machine

    private func bring(_ input: ScanMachine.Input) throws {
        let isOver = hasEnded
        for effect in machine.take(input, at: now) {
            try #require(!isOver && !hasEnded, "something follows the end")
            switch effect {
            case .submit(let commands, let lane, let number):
                var room = lane.isFull ? 0 : commands.count
                if room > 0, fails(5) {
                    lane.refuseAtInbox()
                    room = Int.random(in: 0..<room, using: &random)
                }
                submissions.append((commands, lane, number, room))
            case .publish(let messages, let number, _): publications.append((messages.map(\.topic), number))
            case .acknowledge(let batch): try acknowledge(batch)
            case .run(let job):
                try #require(self.job == nil && !isPaused, "one thing at a time")
                self.job = job
            case .pause:
                try #require(job == nil && !isPaused, "one thing at a time")
                isPaused = true
            case .goOn: break
            case .end: hasEnded = true
            }
        }
    }

    private func acknowledge(_ batch: InboundBatch) throws {
        try #require(delivered.first?.connection == batch.connection, "batches are acknowledged in their order")
        delivered.removeFirst()
        for message in batch.messages {
            let text = String(decoding: message.payload, as: UTF8.self)
            if let id = text.firstMatch(of: #/"id":"([^"]+)"/#)?.1 {
                try #require(applied.contains(String(id)), "\(id) was acknowledged and is not applied")
            }
        }
        let scans = batch.messages.count { $0.topic.hasSuffix("/scan") }
        if scans > 0 {
            let index = try #require(replied.firstIndex(of: scans), "the broker did not take its replies")
            replied.remove(at: index)
        }
        let packets = Set(batch.messages.map(\.packetID))
        atBroker.removeAll { packets.contains($0.message.packetID) }
    }
}

private struct NoGateway: CommandGateway {
    func submit(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void) {
        Issue.record("the machine submits nothing itself")
    }
}

private struct NoBookmark: SourceBookmark {
    func load() async throws -> UInt64? { nil }
    func store(_ value: UInt64) async throws { Issue.record("the machine stores nothing itself") }
}
