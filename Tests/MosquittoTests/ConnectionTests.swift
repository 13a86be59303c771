import Foundation
import Mosquitto
import Synchronization
import TallywireTesting
import TestSupport
import Testing

@Suite("The connection to a real broker")
struct ConnectionTests {
    @Test("comes up when the broker does, after it was away at the start")
    func awayAtStart() async throws {
        let broker = try TestBroker()
        broker.stop()
        let client = try MQTTClient(.test(broker.url, "early"), logger: quiet)
        let error = try await #require(throws: MQTTError.self) { try await client.connected(within: .milliseconds(300)) }
        #expect(error.code == .unreachable)
        #expect(error.message.contains(broker.url) && error.message.contains("Connection refused"), "\(error)")
        let refused = try await #require(throws: MQTTError.self) {
            try await client.publish([MQTTMessage(topic: "a", payload: [])])
        }
        #expect(refused.code == .notConnected)
        try broker.start()
        try await client.connected(within: .seconds(20))
        await client.stop()
        #expect(client.state == .stopped)
    }

    @Test("comes back after the broker was killed, and the subscription with it")
    func comesBack() async throws {
        let broker = try TestBroker()
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await collecting(from: receiver) { collector in
            try await sender.publish("a", "before")
            try await eventually("the first comes") { collector.texts == ["before"] }
            broker.kill()
            try await eventually("the loss is noticed") { !receiver.state.isConnected && !sender.state.isConnected }
            try broker.start()
            try await receiver.connected(within: .seconds(20))
            try await sender.connected(within: .seconds(20))
            try await sender.publish("a", "after")
            try await eventually("the second comes") { collector.texts == ["before", "after"] }
        }
        await sender.stop()
    }

    @Test("comes back after the broker said goodbye")
    func dismissed() async throws {
        let broker = try TestBroker()
        let proxy = try BrokerProxy(to: broker)
        let reasons = Mutex<[String]>([])
        let client = try MQTTClient(.test(proxy.url, "guest"), logger: quiet) { state in
            if case .disconnected(let error) = state { reasons.withLock { $0.append(error.message) } }
        }
        try await client.connected(within: .seconds(20))
        proxy.dismiss(reason: 0x98)
        try await eventually("the broker ended it") { !reasons.withLock { $0 }.isEmpty }
        #expect(reasons.withLock { $0 }.map { $0.contains("Administrative action") } == [true], "\(reasons.withLock { $0 })")
        try await client.connected(within: .seconds(20))
        await client.stop()
    }

    @Test("goes on with 3.1.1 when the broker refuses MQTT 5")
    func fallsBack() async throws {
        let broker = try TestBroker()
        let proxy = try BrokerProxy(to: broker, refusesVersion5: true)
        let client = try await MQTTClient.connected(.persistent(proxy.url, "old", "a"))
        #expect(client.state == .connected(to: try BrokerAddress(proxy.url), version: .v311, sessionPresent: false))
        #expect(proxy.refused == 1)
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        // The properties of MQTT 5 are left out, the message arrives.
        #expect(
            try await sender.publish([MQTTMessage(topic: "a", payload: Array("x".utf8), responseTopic: "b", correlationData: [1])])
                == [.accepted])
        let batch = try await next(client)
        #expect(batch.messages.map(\.text) == ["x"])
        #expect(batch.messages.map(\.responseTopic) == [nil])
        batch.acknowledge()
        #expect(
            try await client.publish([MQTTMessage(topic: "b", payload: [1], responseTopic: "c", correlationData: [1])])
                == [.accepted])
        await sender.stop()
        await client.stop()
    }

    @Test("a session is kept over a stop, with MQTT 5 and with 3.1.1", arguments: [MQTTVersion.v5, .v311])
    func keepsSessions(version: MQTTVersion) async throws {
        let broker = try TestBroker()
        var options = try MQTTClientOptions.persistent(broker.url, "receiver", "a")
        options.version = version
        let first = try await MQTTClient.connected(options)
        #expect(first.state == .connected(to: try BrokerAddress(broker.url), version: version, sessionPresent: false))
        await first.stop()
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await sender.publish("a", "meanwhile")
        let second = try MQTTClient(options, logger: quiet)
        let batch = try await next(second)
        #expect(batch.messages.map(\.text) == ["meanwhile"])
        batch.acknowledge()
        try await second.connected(within: .seconds(20))
        #expect(second.state == .connected(to: try BrokerAddress(broker.url), version: version, sessionPresent: true))
        await second.stop()
        await sender.stop()
    }

    @Test("a refused login says so and is tried again")
    func refusedLogin() async throws {
        let broker = try TestBroker(configuration: ["allow_anonymous false"])
        let client = try MQTTClient(.test(broker.url, "anonymous"), logger: quiet)
        let error = try await #require(throws: MQTTError.self) { try await client.connected(within: .seconds(1)) }
        #expect(error.code == .login)
        #expect(error.message.contains("Not authorized"), "\(error)")
        try await eventually("it tried more than once") {
            broker.log.components(separatedBy: "not authorised").count > 2
        }
        await client.stop()
    }

    @Test("a host that does not exist says so")
    func unknownHost() async throws {
        let client = try MQTTClient(.test("mqtt://no-such-host.invalid", "lost"), logger: quiet)
        let error = try await #require(throws: MQTTError.self) { try await client.connected(within: .seconds(2)) }
        #expect(error.message.contains("mqtt://no-such-host.invalid:1883"), "\(error)")
        await client.stop()
    }

    @Test("a broker that accepts and does not answer is given up")
    func silentBroker() async throws {
        let broker = try TestBroker()
        broker.freeze()
        let client = try MQTTClient(.test(broker.url, "patient") { $0.answerTimeout = .milliseconds(200) }, logger: quiet)
        // The state is "disconnected" only for moments between two tries, which a busy machine could miss.
        let error = try await #require(throws: MQTTError.self) { try await client.connected(within: .seconds(2)) }
        #expect(error.message.contains("did not answer"), "\(error)")
        broker.thaw()
        try await client.connected(within: .seconds(20))
        await client.stop()
    }

    @Test("its will is published when it dies and its birth whenever it connects; a stop is no death but a farewell")
    func willAndBirth() async throws {
        let broker = try TestBroker()
        let proxy = try BrokerProxy(to: broker)
        let status = { (text: String) in MQTTMessage(topic: "status", payload: Array(text.utf8), retain: true) }
        let watcher = try await MQTTClient.connected(.persistent(broker.url, "watcher", "status", "a"))
        let mortal = try await MQTTClient.connected(
            .test(proxy.url, "mortal") {
                $0.will = status("offline")
                $0.birth = status("online")
                $0.farewell = status("gone")
            })
        try await collecting(from: watcher) { collector in
            try await eventually("it is born") { collector.texts == ["online"] }
            proxy.cut()
            try await eventually("it died and was born again") { collector.texts == ["online", "offline", "online"] }
            await mortal.stop()
            try await watcher.publish("a", "marker")
            try await eventually("the marker comes") { collector.texts.last == "marker" }
            #expect(collector.texts == ["online", "offline", "online", "gone", "marker"])
        }
    }

    @Test("a long silence is bridged by pings")
    func pings() async throws {
        let broker = try TestBroker()
        let client = try await MQTTClient.connected(.test(broker.url, "silent") { $0.keepAlive = .seconds(5) })
        try await eventually("it pings") { broker.log.contains("Received PINGREQ from silent") }
        #expect(client.state.isConnected)
        await client.stop()
    }

    @Test("options that cannot be are refused before anything is tried")
    func validates() throws {
        let broker = BrokerAddress(host: "127.0.0.1")
        let wrong: [(inout MQTTClientOptions) -> Void] = [
            { $0.clientID = "" }, { $0.clientID = String(repeating: "a", count: 201) }, { $0.keepAlive = .seconds(4) },
            { $0.keepAlive = .seconds(65_536) }, { $0.receiveMaximum = 0 }, { $0.receiveMaximum = 8193 }, { $0.window = 0 },
            { $0.payloadLimit = 0 }, { $0.sessionExpiry = .seconds(-1) },
            { $0.will = MQTTMessage(topic: "a/+", payload: []) },
        ]
        for change in wrong {
            var options = MQTTClientOptions(broker: broker, clientID: "a")
            change(&options)
            let error = #expect(throws: MQTTError.self) { try MQTTClient(options, logger: quiet) }
            #expect(error?.code == .invalidOptions)
        }
    }
}
