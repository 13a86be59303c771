import Logging
import Synchronization
import TallywireTesting
import Testing

@testable import Mosquitto

/// A machine to which things happen in random order, as a broker, a network and callers may bring them.
final class ClientWalk {
    private var machine: ClientMachine
    private var random: SplitMix
    private var now = ContinuousClock.now
    private let options: MQTTClientOptions
    private let answers = Answers()
    private var publications = 0
    /// The numbers of the batches that were handed over and not handled.
    private var unhandled: [UInt64] = []
    private var acknowledged: UInt64 = 0
    private var heldMessages = 0
    /// What the broker has and has not answered, what it has ever accepted, and what libmosquitto did not take.
    private var inFlight: [UInt16: [UInt8]] = [:]
    private var refused: Set<[UInt8]> = []
    private var accepted: Set<[UInt8]> = []
    private var packetID: UInt16 = 0
    private var state = MQTTConnectionState.connecting
    private var isUp = false

    private enum Failure: Error { case noWait }

    /// The results of publications by number.
    private final class Answers: Sendable {
        let all = Mutex<[Int: [Result<[PublishResult], any Error>]]>([:])
    }

    init(seed: UInt64) throws {
        random = SplitMix(state: seed)
        var options = MQTTClientOptions(broker: try BrokerAddress("mqtt://one"), clientID: "walker")
        options.brokers = try BrokerAddresses(["mqtt://one", "mqtt://two"].map { try BrokerAddress($0) })
        options.subscriptions = seed % 4 == 0 ? [] : ["a"]
        options.receiveMaximum = 20
        options.window = 3
        self.options = options
        machine = ClientMachine(options, at: now)
    }

    private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    // MARK: Steps

    func step() throws {
        if chance(20), let batch = unhandled.first {
            unhandled.removeFirst()
            acknowledged = batch
        }
        now += .milliseconds(Int.random(in: 0...2_000, using: &random))
        try round(requests: chance(30) ? [request()] : [])
    }

    private func request() -> PublishRequest {
        publications += 1
        let (number, answers) = (publications, answers)
        let count = Int.random(in: 1...5, using: &random)
        let messages = (0..<count).map { MQTTMessage(topic: chance(5) ? "a/#" : "a", payload: [UInt8(number % 256), UInt8($0)]) }
        return PublishRequest(messages) { result in answers.all.withLock { $0[number, default: []].append(result) } }
    }

    private func round(requests: [PublishRequest]) throws {
        let isHolding = !unhandled.isEmpty
        switch machine.next(.init(requests: requests, acknowledged: acknowledged), at: now) {
        case .connect(let broker, _):
            try #require(!isUp && !isHolding, "it connects while batches are held")
            if chance(30) {
                return try ended(machine.connectingFailed(MQTTError(.unreachable, "\(broker): no"), share: share, at: now))
            }
            isUp = true
            machine.connecting(at: now)
        case .pause(let limit):
            try #require(!isUp)
            guard let limit else {
                try #require(isHolding, "it waits for ever")
                return
            }
            try #require(!isHolding && limit > .zero && limit <= options.reconnect.takenOverMaximum)
            if chance(70) { now += limit }
        case .exchange:
            // What follows is written: the acknowledgements too.
            try #require(isUp && !isHolding, "a message is acknowledged that was not handled")
            heldMessages = 0
            publish()
            try happen()
        case .hold(let reads, _):
            try #require(isUp && isHolding)
            try #require(reads == (heldMessages < 15))
            if reads { try happen() }
            if isUp, machine.takePing(at: now) {
                let isDueAgain = machine.takePing(at: now)
                try #require(!isDueAgain, "one ping at a time")
            }
        case .stop: Issue.record("nobody stopped it")
        }
    }

    private func publish() {
        while let message = machine.nextMessage() {
            #expect(!accepted.contains(message.payload) && !refused.contains(message.payload), "it has an answer")
            packetID = packetID % 60_000 + 1
            // 3 says that the message is not valid, 4 that there is no connection any more.
            let code: Int32 = chance(90) ? 0 : chance(50) ? 3 : 4
            if code == 0 { inFlight[packetID] = message.payload }
            if code == 3 { refused.insert(message.payload) }
            guard machine.sent(code == 0 ? .success(packetID) : .failure(.init(code: code))) else { break }
            #expect(inFlight.count <= options.window)
        }
        machine.wrote(isAll: chance(80), at: now)
    }

    /// The broker or the network does something.
    private func happen() throws {
        if machine.isUnanswered {
            if chance(60) { connected() }
        } else {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<40: read()
            case 40..<70:
                for (id, payload) in inFlight.sorted(by: { $0.key < $1.key }) where chance(60) {
                    inFlight[id] = nil
                    accepted.insert(payload)
                    machine.answered(id, 0)
                }
            case 70..<85: carryOut(machine.subscribed(UInt16.random(in: 1...2, using: &random), [chance(90) ? 1 : 135]))
            case 85..<90: machine.dismissed([0x8E, 0x8B, 0x87].randomElement(using: &random)!)
            default: break
            }
        }
        machine.checkDeadline(at: now)
        guard machine.hasRefusal || chance(8) else { return }
        let cause: [ClientMachine.End.Cause] = [.closedByPeer, .unansweredPing, .other]
        isUp = false
        let end = ClientMachine.End(cause: cause.randomElement(using: &random)!, reason: "it was closed")
        try ended(machine.ended(end, share: share, at: now))
    }

    private func connected() {
        let reason: Int32 = chance(70) ? 0 : [132, 134, 151].randomElement(using: &random)!
        carryOut(machine.connected(.init(reason: reason, sessionPresent: chance(50)), at: now))
    }

    private func read() {
        let count = Int.random(in: 0...4, using: &random)
        machine.reading(at: now, hasWaited: chance(50))
        let messages = (0..<count).map { InboundMessage(topic: "a", payload: [], packetID: UInt16($0 + 1)) }
        guard machine.mayRead(0, 0), let batch = machine.hold(messages, bytes: count, for: nil, at: now) else { return }
        #expect(count > 0 && !options.subscriptions.isEmpty)
        heldMessages += count
        unhandled.append(batch.number)
        machine.drained(at: now)
    }

    private var share: Double { Double.random(in: 0.01...1, using: &random) }

    private func ended(_ actions: [ClientMachine.Action]) throws {
        inFlight = [:]
        carryOut(actions)
        try #require(!state.isConnected, "the end is reported")
        guard case .pause = machine.next(.init(acknowledged: acknowledged), at: now) else { throw Failure.noWait }
    }

    private func carryOut(_ actions: [ClientMachine.Action]) {
        for action in actions {
            switch action {
            case .closeLog, .publishBirth, .log: break
            case .subscribe: machine.subscribing(chance(95) ? .success(1) : .failure(.init(code: 3)))
            case .report(let state): self.state = state
            }
        }
    }

    // MARK: The end

    /// Stops the machine, and looks at what became of the publications.
    func finish() throws {
        guard case .stop(let goodbye) = machine.next(.init(acknowledged: acknowledged, isStopping: true), at: now) else {
            Issue.record("it does not stop")
            return
        }
        try #require(goodbye == nil || unhandled.isEmpty, "a message is acknowledged that was not handled")
        machine.stopped()
        let all = answers.all.withLock { $0 }
        for number in 1...max(1, publications) where publications > 0 {
            try #require(all[number]?.count == 1, "publication \(number) has \(all[number]?.count ?? 0) answers")
            guard case .success(let results)? = all[number]?.first else { continue }
            for (index, result) in results.enumerated() where result == .accepted {
                try #require(accepted.contains([UInt8(number % 256), UInt8(index)]), "the broker did not accept it")
            }
        }
    }
}
