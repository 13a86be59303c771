import Foundation
import Mosquitto
import TallywireTesting
import Testing

@Suite("Receiving from a real broker")
struct ReceivingTests {
    @Test("hands over what was sent, with its response topic and correlation data")
    func handsOver() async throws {
        let broker = try TestBroker()
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a/+"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        let message = MQTTMessage(
            topic: "a/b", payload: Array("x".utf8), responseTopic: "answers/here", correlationData: [0, 1, 0, 255])
        #expect(try await sender.publish([message]) == [.accepted])
        let batch = try await next(receiver)
        let received = try #require(batch.messages.first)
        #expect(received.topic == "a/b")
        #expect(received.text == "x")
        #expect(received.responseTopic == "answers/here")
        #expect(received.correlationData == [0, 1, 0, 255])
        #expect(received.packetID != nil)
        #expect(!received.isRedelivery)
        #expect(!received.isRetained)
        batch.acknowledge()
        await sender.stop()
        await receiver.stop()
    }

    @Test("a message whose acknowledgement is held back comes again after the client died, marked as such and with its packet id")
    func redelivers() async throws {
        let broker = try TestBroker()
        let options = try MQTTClientOptions.persistent(broker.url, "receiver", "a")
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        let dying = try await MQTTClient.connected(options)
        try await sender.publish("a", "1", "2", "3", "4", "5")
        var read: [InboundMessage] = []
        // The batch is never acknowledged: the client ends between the reading and the commit.
        let batch = try await next(dying)
        read += batch.messages
        await dying.stop()

        let heir = try await MQTTClient.connected(options)
        try await collecting(from: heir) { collector in
            try await eventually("all five come again") { collector.messages.count == 5 }
            #expect(collector.texts == ["1", "2", "3", "4", "5"])
            for message in read {
                let again = collector.messages.first { $0.text == message.text }
                #expect(again?.packetID == message.packetID)
                #expect(again?.isRedelivery == true)
            }
            try await eventually("the broker has their acknowledgements") {
                broker.log.ranges(of: "Received PUBACK from \(options.clientID)").count >= 5
            }
        }

        // They were acknowledged, so a third connection gets none of them.
        let last = try await MQTTClient.connected(options)
        try await collecting(from: last) { collector in
            try await sender.publish("a", "6")
            try await eventually("the sixth comes") { !collector.messages.isEmpty }
            #expect(collector.texts == ["6"])
        }
        await sender.stop()
    }

    @Test("nothing is acknowledged while a batch is held")
    func holds() async throws {
        let broker = try TestBroker()
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await sender.publish("a", "1")
        let batch = try await next(receiver)
        try await sender.publish("a", "2")
        // The sender's acknowledgement comes after the broker has passed the message on, so the log would show a PUBACK by now.
        #expect(!broker.log.contains("Received PUBACK from receiver"))
        let second = try await next(receiver)
        #expect(second.messages.map(\.text) == ["2"], "it is read on")
        batch.acknowledge()
        #expect(!broker.log.contains("Received PUBACK from receiver"), "libmosquitto lets its queue go as a whole")
        second.acknowledge()
        try await eventually("both acknowledgements reach the broker") { broker.acknowledgements == 2 }
        await receiver.stop()
        await sender.stop()
    }

    @Test("much at once comes in several batches, whose acknowledgements leave when all are done with")
    func parts() async throws {
        let broker = try TestBroker()
        var options = try MQTTClientOptions.persistent(broker.url, "receiver", "a")
        options.receiveMaximum = 2000
        await (try MQTTClient.connected(options)).stop()
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        let messages = (1...600).map { MQTTMessage(topic: "a", payload: Array("\($0)".utf8)) }
        #expect(try await sender.publish(messages).count == 600)
        let receiver = try await MQTTClient.connected(options)
        var texts: [String] = []
        var last: InboundBatch?
        while texts.count < 600 {
            // The next ones come though nothing is acknowledged.
            let batch = try await next(receiver)
            #expect(batch.messages.count <= 250)
            texts += batch.messages.map(\.text)
            last?.acknowledge()
            last = batch
            #expect(broker.acknowledgements == 0, "the newest is not done with")
        }
        last?.acknowledge()
        try await eventually("what was handed over is acknowledged") { broker.acknowledgements == 600 }
        #expect(texts == (1...600).map(String.init))
        await receiver.stop()
        await sender.stop()
    }

    @Test("a batch can be held for longer than the keep-alive; nothing leaks out, and the connection lasts")
    func outlastsKeepAlive() async throws {
        let broker = try TestBroker()
        var options = try MQTTClientOptions.persistent(broker.url, "receiver", "a")
        // A broker waits for one and a half times that; the tests beside this one may take seconds of it.
        options.keepAlive = .seconds(12)
        let receiver = try await MQTTClient.connected(options)
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await sender.publish("a", "1")
        let batch = try await next(receiver)
        let end = ContinuousClock.now + .seconds(13)
        try await eventually("the keep-alive is over") { ContinuousClock.now > end }
        #expect(!broker.log.contains("Received PUBACK from receiver"))
        batch.acknowledge()
        try await sender.publish("a", "2")
        let second = try await next(receiver)
        #expect(second.messages.map(\.text) == ["2"])
        second.acknowledge()
        // One connection was enough.
        #expect(broker.log.components(separatedBy: "as receiver (").count == 2)
        await receiver.stop()
        await sender.stop()
    }

    @Test("what is acknowledged right before the stop is acknowledged")
    func acknowledgesAtStop() async throws {
        let broker = try TestBroker()
        let options = try MQTTClientOptions.persistent(broker.url, "receiver", "a")
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        for round in 0..<20 {
            let receiver = try await MQTTClient.connected(options)
            try await sender.publish("a", "\(round)")
            let batch = try await next(receiver)
            #expect(batch.messages.map(\.text) == ["\(round)"])
            batch.acknowledge()
            await receiver.stop()
        }
        await sender.stop()
    }

    @Test("a broker that ends the connection while a batch is held gets its messages asked for again")
    func brokerEndsWhileHeld() async throws {
        let broker = try TestBroker(persistence: true)
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await sender.publish("a", "1")
        let batch = try await next(receiver)
        broker.stop()
        try broker.start()
        batch.acknowledge()
        let again = try await next(receiver)
        #expect(again.messages.map(\.text) == ["1"])
        #expect(again.messages.map(\.isRedelivery) == [true])
        #expect(again.session == batch.session)
        again.acknowledge()
        await receiver.stop()
        await sender.stop()
    }

    @Test("a broker that forgot the session counts as a new one")
    func countsSessions() async throws {
        let broker = try TestBroker(persistence: false)
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await sender.publish("a", "1")
        let first = try await next(receiver)
        first.acknowledge()
        broker.kill()
        try broker.start()
        try await eventually("the receiver is subscribed again") {
            broker.log.components(separatedBy: "Received SUBSCRIBE from receiver").count == 3
        }
        try await sender.connected(within: .seconds(20))
        try await sender.publish("a", "2")
        let second = try await next(receiver)
        #expect(second.messages.map(\.text) == ["2"])
        #expect(second.session == first.session + 1)
        second.acknowledge()
        await receiver.stop()
        await sender.stop()
    }

    @Test("tells retained messages apart")
    func tellsRetained() async throws {
        let broker = try TestBroker()
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await sender.publish("a", "old", retain: true)
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a"))
        let batch = try await next(receiver)
        #expect(batch.messages.map(\.isRetained) == [true])
        batch.acknowledge()
        await receiver.stop()
        await sender.stop()
    }

    @Test("leaves out a payload that is over the limit, and an empty one is empty")
    func limitsPayloads() async throws {
        let broker = try TestBroker()
        var options = try MQTTClientOptions.persistent(broker.url, "receiver", "a")
        options.payloadLimit = 10
        let receiver = try await MQTTClient.connected(options)
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await collecting(from: receiver) { collector in
            try await sender.publish("a", "0123456789", "01234567890", "")
            try await eventually("all are there") { collector.messages.count == 3 }
            #expect(collector.messages.map(\.isOversized) == [false, true, false])
            #expect(collector.messages.map(\.size) == [10, 11, 0])
            #expect(collector.texts == ["0123456789", "", ""])
        }
        await sender.stop()
    }

    @Test("reads no more than the receive maximum into a batch, and all in the end, in order")
    func boundsBatches() async throws {
        let broker = try TestBroker()
        var options = try MQTTClientOptions.persistent(broker.url, "receiver", "a")
        options.receiveMaximum = 7
        let receiver = try await MQTTClient.connected(options)
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        let messages = (0..<100).map { MQTTMessage(topic: "a", payload: Array(String($0).utf8)) }
        #expect(try await sender.publish(messages).count == 100)
        var received: [String] = []
        while received.count < 100 {
            let batch = try await next(receiver)
            #expect(batch.messages.count <= 7)
            received += batch.messages.map(\.text)
            batch.acknowledge()
        }
        #expect(received == (0..<100).map { String($0) })
        await receiver.stop()
        await sender.stop()
    }

    @Test("a message of quality 0 has no packet id")
    func qualityZero() async throws {
        let broker = try TestBroker()
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        #expect(try await sender.publish([MQTTMessage(topic: "a", payload: [1], quality: .atMostOnce)]) == [.accepted])
        let batch = try await next(receiver)
        #expect(batch.messages.map(\.packetID) == [nil])
        batch.acknowledge()
        await receiver.stop()
        await sender.stop()
    }
}

extension TestBroker {
    /// How many the broker got of the client `receiver`.
    fileprivate var acknowledgements: Int { log.components(separatedBy: "Received PUBACK from receiver").count - 1 }
}
