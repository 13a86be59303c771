import Logging
import Synchronization
import TallywireTesting
import Testing

@testable import Mosquitto

/// The machine by itself: broker, network, callers and clock are played by the test.
@Suite("What the MQTT client does next, decided without sockets or time")
struct ClientMachineTests {
    @Test("a broker that does not speak MQTT 5 is asked again with 3.1.1 at once, and nothing is reported as failed")
    func fallsBack() throws {
        let stage = try Stage()
        #expect(try stage.connect() == .automatic)
        stage.take(stage.machine.connected(.init(reason: 132, sessionPresent: false), at: stage.now))
        stage.end()
        #expect(try stage.connect() == .v311)
        #expect(stage.reports == [.connecting] && stage.warnings.isEmpty)
        stage.accept()
        #expect(stage.reports.last == .connected(to: try BrokerAddress("mqtt://one"), version: .v311, sessionPresent: false))
    }

    @Test("a refused login names the user, and waits as long as a person needs to correct it")
    func refusesLogin() throws {
        let stage = try Stage { $0.user = "till" }
        try stage.connect()
        stage.take(stage.machine.connected(.init(reason: 134, sessionPresent: false), at: stage.now))
        #expect(stage.hasRefusal)
        stage.end()
        let error = try #require(stage.failure)
        #expect(error.code == .login && error.message.contains("see the user “till”"), "\(error)")
        #expect(stage.pause == .seconds(5))
    }

    @Test("a refused subscription names its filter, and waits as after a refusal")
    func refusesSubscription() throws {
        let stage = try Stage { $0.subscriptions = ["a", "secrets/#"] }
        try stage.connect()
        stage.accept(granted: [1, 135])
        #expect(stage.hasRefusal)
        stage.end()
        let error = try #require(stage.failure)
        #expect(error.code == .forbidden && error.message.contains("secrets/#"), "\(error)")
        #expect(stage.pause == .seconds(5))
        #expect(!stage.reports.contains { $0.isConnected })
    }

    @Test(
        "a broker that does not answer in time is given up, also if it answers CONNECT and not SUBSCRIBE", arguments: [false, true])
    func isSilent(answersConnect: Bool) throws {
        let stage = try Stage { $0.subscriptions = ["a"] }
        try stage.connect()
        if answersConnect { stage.take(stage.machine.connected(.init(reason: 0, sessionPresent: false), at: stage.now)) }
        stage.now += .seconds(10)
        stage.machine.checkDeadline(at: stage.now)
        #expect(!stage.hasRefusal)
        stage.now += .nanoseconds(1)
        stage.machine.checkDeadline(at: stage.now)
        stage.end(share: 1)
        #expect(stage.failure == MQTTError(.unreachable, "mqtt://one:1883 did not answer within 10.0 seconds"))
        #expect(stage.pause == .milliseconds(250))
    }

    @Test(
        "a client that another one throws out comes back ever later, whether the broker says why or only closes", arguments: [0, 5])
    func isTakenOver(unexplained: Int) throws {
        let stage = try Stage()
        var waits: [Duration] = []
        for _ in 0..<(4 + max(0, unexplained - 1)) {
            try stage.connect()
            stage.accept()
            stage.now += .seconds(1)
            if unexplained == 0 { stage.machine.dismissed(0x8E) }
            stage.end(.closedByPeer)
            waits.append(stage.pause ?? .zero)
        }
        #expect(stage.failure?.code == .takenOver)
        #expect(waits.suffix(4) == [5, 10, 20, 40].map { .seconds($0) })
        #expect(waits.dropLast(4).allSatisfy { $0 == .zero })
    }

    @Test("the next broker is tried without a long wait, the wait after all of them is that of a refusal, and a loss begins again")
    func rotates() throws {
        let stage = try Stage(brokers: ["mqtt://one", "mqtt://two"])
        try stage.connect()
        stage.take(stage.machine.connected(.init(reason: 135, sessionPresent: false), at: stage.now))
        stage.end()
        try stage.connect(to: "two")
        stage.end()
        #expect(stage.pause == .seconds(5), "one of them refused")
        try stage.connect(to: "one")
        stage.end()
        try stage.connect(to: "two")
        stage.accept()
        stage.end()
        try stage.connect(to: "one")
    }

    @Test("batches of the last connection are finished before the next connection")
    func finishesBatches() throws {
        let stage = try Stage { $0.subscriptions = ["a"] }
        try stage.connect()
        stage.accept()
        let batch = try #require(stage.read(3))
        stage.end()
        stage.now += .seconds(3600)
        #expect(stage.waitsForSignal)
        stage.acknowledged = batch.number
        try stage.connect()
    }

    @Test("acknowledgements leave only when every batch is acknowledged, and no more is read than may be held")
    func holds() throws {
        let stage = try Stage {
            $0.subscriptions = ["a"]
            $0.receiveMaximum = 8
        }
        try stage.connect()
        stage.accept()
        #expect(stage.isExchange)
        let batches = try [#require(stage.read(3)), #require(stage.read(2))]
        #expect(stage.mayRead(0) && !stage.mayRead(1))
        #expect(stage.holdReads == true)
        let last = try #require(stage.read(1))
        #expect(stage.holdReads == false, "six of eight are held")
        for batch in batches {
            stage.acknowledged = batch.number
            #expect(stage.holdReads == false)
        }
        stage.acknowledged = last.number
        #expect(stage.isExchange)
    }

    @Test("while a batch is held a ping is due after half of the keep-alive, and only between whole packets")
    func pings() throws {
        let stage = try Stage {
            $0.subscriptions = ["a"]
            $0.keepAlive = .seconds(60)
        }
        try stage.connect()
        stage.accept()
        stage.machine.wrote(isAll: false, at: stage.now)
        _ = stage.read(1)
        #expect(stage.holdLimit == .some(nil), "no ping can be written")
        stage.machine.wrote(isAll: true, at: nil)
        for _ in 0..<3 {
            #expect(stage.holdLimit == .seconds(30))
            stage.now += .seconds(29)
            #expect(!stage.takesPing)
            stage.now += .seconds(1)
            #expect(stage.takesPing)
        }
    }

    @Test("a client that stops says goodbye, unless a batch is held, and publications without an answer fail")
    func saysGoodbye() throws {
        let farewell = MQTTMessage(topic: "status", payload: [0])
        let publisher = try Stage { $0.farewell = farewell }
        #expect(publisher.stop() == .some(nil), "there is no connection")
        try publisher.connect()
        publisher.accept()
        let result = Mutex<String?>(nil)
        let request = PublishRequest([farewell]) { answer in result.withLock { $0 = "\(answer)" } }
        #expect(publisher.stop([request]) == .some(.init(farewell: farewell, end: publisher.now + .seconds(2))))
        publisher.machine.stopped()
        #expect(result.withLock { $0 }?.contains("was stopped") == true)

        let reader = try Stage { $0.subscriptions = ["a"] }
        try reader.connect()
        reader.accept()
        let batch = try #require(reader.read(1))
        #expect(reader.stop() == .some(nil), "the batch comes again")
        reader.acknowledged = batch.number
        #expect(reader.stop() == .some(.init(farewell: nil, end: reader.now + .seconds(2))))
    }

    @Test("the same failure is a warning once, and again after a connection that was stable")
    func warnsOnce() throws {
        let stage = try Stage()
        for _ in 0..<3 {
            try stage.connect()
            stage.end()
        }
        #expect(stage.warnings.count == 1)
        try stage.connect()
        stage.accept()
        stage.now += .seconds(10)
        stage.end()
        #expect(stage.warnings.count == 2)
        try stage.connect()
        stage.end()
        #expect(stage.warnings.count == 3 && stage.warnings[2] == stage.warnings[0])
    }

    @Test(
        "whatever comes in whatever order: nothing is acknowledged that was not handled, and each publication is answered once",
        arguments: 1...UInt64(300))
    func simulation(seed: UInt64) throws {
        let walk = try ClientWalk(seed: seed)
        for _ in 0..<400 { try walk.step() }
        try walk.finish()
    }
}

/// A machine, with what its actions did.
private final class Stage {
    var machine: ClientMachine
    var now = ContinuousClock.now
    var acknowledged: UInt64 = 0
    private(set) var reports: [MQTTConnectionState] = []
    private(set) var warnings: [String] = []
    private let options: MQTTClientOptions

    init(brokers: [String] = ["mqtt://one"], _ configure: (inout MQTTClientOptions) -> Void = { _ in }) throws {
        var options = MQTTClientOptions(broker: try BrokerAddress(brokers[0]), clientID: "client")
        options.brokers = try BrokerAddresses(try brokers.map { try BrokerAddress($0) })
        configure(&options)
        self.options = options
        machine = ClientMachine(options, at: now)
    }

    private func next() -> ClientMachine.Step { machine.next(.init(acknowledged: acknowledged), at: now) }

    /// Stops the client. Returns the goodbye that it says, if it stops.
    func stop(_ requests: [PublishRequest] = []) -> ClientMachine.Goodbye?? {
        let step = machine.next(.init(requests: requests, acknowledged: acknowledged, isStopping: true), at: now)
        return if case .stop(let goodbye) = step { .some(goodbye) } else { nil }
    }

    func take(_ actions: [ClientMachine.Action]) {
        for action in actions {
            switch action {
            case .closeLog, .publishBirth: break
            case .subscribe: machine.subscribing(.success(1))
            case .log(let level, let message, _): if level == .warning { warnings.append(message) }
            case .report(let state): reports.append(state)
            }
        }
    }

    /// Waits as long as the machine wants, and connects. Returns the version.
    @discardableResult
    func connect(to host: String? = nil) throws -> MQTTVersion {
        if let pause { now += pause }
        guard case .connect(let broker, let version) = next() else { throw MQTTError(.refused, "it does not connect") }
        if let host { #expect(broker.host == host) }
        machine.connecting(at: now)
        return version
    }

    /// The broker accepts the connection and answers the subscriptions.
    func accept(granted: [Int32]? = nil) {
        take(machine.connected(.init(reason: 0, sessionPresent: false), at: now))
        take(machine.subscribed(1, granted ?? options.subscriptions.map { _ in 1 }))
    }

    func read(_ count: Int) -> InboundBatch? {
        let messages = (0..<count).map { InboundMessage(topic: "a", payload: [], packetID: UInt16($0 + 1)) }
        return machine.hold(messages, bytes: count, for: nil, at: now)
    }

    func end(_ cause: ClientMachine.End.Cause = .other, share: Double = 0) {
        take(machine.ended(.init(cause: cause, reason: "it was closed"), share: share, at: now))
    }

    var failure: MQTTError? { if case .disconnected(let error)? = reports.last { error } else { nil } }
    /// How long the machine waits before it connects.
    var pause: Duration? { if case .pause(let limit) = next() { limit } else { nil } }
    /// Whether the machine waits for nothing but a signal.
    var waitsForSignal: Bool { if case .pause(upTo: nil) = next() { true } else { false } }
    var holdLimit: Duration?? { if case .hold(_, let limit) = next() { .some(limit) } else { nil } }
    var hasRefusal: Bool { machine.hasRefusal }
    var takesPing: Bool { machine.takePing(at: now) }
    func mayRead(_ messages: Int) -> Bool { machine.mayRead(messages, 0) }
    var isExchange: Bool { if case .exchange = next() { true } else { false } }
    var holdReads: Bool? { if case .hold(let reads, _) = next() { reads } else { nil } }
}
