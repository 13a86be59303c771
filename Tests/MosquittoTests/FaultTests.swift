import Foundation
import Mosquitto
import Synchronization
import TallywireTesting
import TestSupport
import Testing

@Suite("A client on a bad network")
struct FaultTests {
    @Test("notices a link that was cut, and comes back")
    func cut() async throws {
        let broker = try TestBroker()
        let proxy = try await FaultyProxy.start(to: broker.port)
        let client = try await MQTTClient.connected(.persistent(proxy.url, "client", "a"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await collecting(from: client) { collector in
            for round in 0..<5 {
                proxy.cut()
                try await sender.publish("a", "\(round)")
                try await eventually("it comes") { collector.texts.last == "\(round)" }
            }
            // What was not acknowledged yet comes again.
            #expect(collector.distinctTexts == ["0", "1", "2", "3", "4"])
        }
        await sender.stop()
        try await proxy.close()
    }

    @Test("notices within twice its keep-alive that nobody is there any more, and comes back")
    func halfOpen() async throws {
        let broker = try TestBroker()
        let proxy = try await FaultyProxy.start(to: broker.port)
        let errors = Mutex<[String]>([])
        let options = try MQTTClientOptions.test(proxy.url, "client") {
            $0.keepAlive = .seconds(5)
            $0.answerTimeout = .seconds(1)
            $0.subscriptions = ["a"]
        }
        let client = try MQTTClient(options, logger: quiet) { state in
            if case .disconnected(let error) = state { errors.withLock { $0.append(error.message) } }
        }
        try await client.connected(within: .seconds(20))
        proxy.swallow()
        try await eventually("it notices", within: .seconds(14)) { !client.state.isConnected }
        #expect(errors.withLock { $0.first }?.contains("no answer to a ping") == true, "\(errors.withLock { $0 })")
        // New links are half-open too: accepted and silent.
        try await eventually("it tries in vain") { errors.withLock { $0 }.contains { $0.contains("did not answer") } }
        try await proxy.heal()
        try await client.connected(within: .seconds(20))
        await client.stop()
        try await proxy.close()
    }

    @Test("works over a slow link, and waits for one that is refused")
    func slow() async throws {
        let broker = try TestBroker()
        let proxy = try await FaultyProxy.start(to: broker.port)
        proxy.slow(by: .milliseconds(50), bytesPerSecond: 20_000)
        let client = try await MQTTClient.connected(.persistent(proxy.url, "client", "a"))
        try await collecting(from: client) { collector in
            let padding = [UInt8](repeating: 0x20, count: 1000)
            let messages = (0..<20).map { MQTTMessage(topic: "a", payload: Array("\($0)".utf8) + padding) }
            let begin = ContinuousClock.now
            #expect(try await client.publish(messages).allSatisfy { $0 == .accepted })
            try await eventually("all come") { collector.messages.count == 20 }
            // 20 KB each way at 20 KB/s.
            #expect(ContinuousClock.now - begin > .seconds(1))
            try await proxy.refuseLinks()
            proxy.cut()
            try await eventually("it is refused") {
                if case .disconnected(let error) = client.state { error.message.contains("refused") } else { false }
            }
            try await proxy.heal()
            try await client.connected(within: .seconds(20))
        }
        try await proxy.close()
    }

    @Test("a batch may be held for three times the keep-alive: the connection survives, also over TLS", arguments: [false, true])
    func longHold(isSecure: Bool) async throws {
        let stage = try TLSTests.Stage()
        let plain = try TestBroker()
        let broker = isSecure ? stage.broker : plain
        var options = isSecure ? try stage.options() : try MQTTClientOptions.test(plain.url, "secret")
        options.clientID = "holder"
        options.cleanStart = false
        options.sessionExpiry = .seconds(3600)
        options.keepAlive = .seconds(5)
        options.subscriptions = ["a"]
        options.receiveMaximum = 4
        let holder = try await MQTTClient.connected(options)
        var senderOptions = options
        senderOptions.clientID = "sender"
        senderOptions.cleanStart = true
        senderOptions.subscriptions = []
        senderOptions.keepAlive = .seconds(60)
        let sender = try await MQTTClient.connected(senderOptions)
        try await sender.publish("a", "1", "2", "3", "4", "5", "6")
        var texts: [String] = []
        let batch = try await next(holder)
        texts += batch.messages.map(\.text)
        // mosquitto ends a connection after 7.5 s of silence.
        let end = ContinuousClock.now + .seconds(15)
        try await eventually("the time is over", within: .seconds(20)) { ContinuousClock.now > end }
        #expect(holder.state.isConnected)
        #expect(!broker.log.contains("Received PUBACK from holder"))
        #expect(broker.log.components(separatedBy: "Received PINGREQ from holder").count > 4)
        batch.acknowledge()
        while texts.count < 6 {
            let more = try await next(holder)
            #expect(more.messages.allSatisfy { !$0.isRedelivery })
            texts += more.messages.map(\.text)
            more.acknowledge()
        }
        #expect(texts == ["1", "2", "3", "4", "5", "6"])
        #expect(!broker.log.contains("holder has exceeded timeout"))
        await sender.stop()
        await holder.stop()
    }
}
