import TallywireTesting
import Testing

@testable import Mosquitto

@Suite("The properties of a message")
struct PropertiesTests {
    private static let message = MQTTMessage(
        topic: "a", payload: Array("x".utf8), contentType: "application/json",
        userProperties: [UserProperty("subject", "TEE Größe M"), UserProperty("empty", ""), UserProperty("subject", "again")])

    @Test("content type and user properties arrive in order, a repeated name too")
    func arrive() async throws {
        let broker = try TestBroker()
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        #expect(try await sender.publish([Self.message]) == [.accepted])
        let received = try #require(try await next(receiver).messages.first)
        #expect(received.contentType == "application/json")
        #expect(received.userProperties == Self.message.userProperties)
        await sender.stop()
        await receiver.stop()
    }

    @Test("all of a message counts as held, its properties too")
    func bytes() {
        var message = InboundMessage(topic: "a", payload: [1, 2], packetID: 1, responseTopic: "b", correlationData: [3])
        #expect(message.bytes == 5)
        message.userProperties = [UserProperty("name", String(repeating: "x", count: 1_000))]
        #expect(message.bytes > 1_000)
    }

    @Test("are left out on a connection of 3.1.1, and the message arrives")
    func leftOut() async throws {
        let broker = try TestBroker()
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender") { $0.version = .v311 })
        #expect(try await sender.publish([Self.message]) == [.accepted])
        let received = try #require(try await next(receiver).messages.first)
        #expect(received.text == "x" && received.contentType == nil && received.userProperties.isEmpty)
        await sender.stop()
        await receiver.stop()
    }

    @Test("a subscription of quality 0 gets what was published with quality 1, without a packet id")
    func subscriptionQuality() async throws {
        let broker = try TestBroker()
        let receiver = try await MQTTClient.connected(
            .test(broker.url, "receiver") {
                $0.subscriptions = ["a"]
                $0.subscriptionQuality = .atMostOnce
            })
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await sender.publish("a", "x")
        let received = try #require(try await next(receiver).messages.first)
        #expect(received.text == "x" && received.packetID == nil)
        await sender.stop()
        await receiver.stop()
    }
}
