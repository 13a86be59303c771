import Foundation
import Mosquitto
import TallywireTesting
import TestSupport
import Testing

@Suite("Shared subscriptions")
struct SharedSubscriptionTests {
    @Test("each message goes to one of the group, with the topic that it was published to")
    func shares() async throws {
        let broker = try TestBroker()
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        let one = try await MQTTClient.connected(.persistent(broker.url, "one", "$share/stock/a/+"))
        let two = try await MQTTClient.connected(.persistent(broker.url, "two", "$share/stock/a/+"))
        try await collecting(from: one) { first in
            try await collecting(from: two) { second in
                for number in 0..<20 { try await sender.publish("a/b", "\(number)") }
                try await eventually("all come") { first.messages.count + second.messages.count == 20 }
                #expect(Set(first.texts + second.texts).count == 20)
                #expect(!first.messages.isEmpty && !second.messages.isEmpty)
                #expect(first.messages.allSatisfy { $0.topic == "a/b" })
            }
        }
        await sender.stop()
    }

    @Test("a client that comes back to its session gets shared messages again")
    func comesBack() async throws {
        let broker = try TestBroker()
        let proxy = try await FaultyProxy.start(to: broker.port)
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        let member = try await MQTTClient.connected(.persistent(proxy.url, "member", "$share/stock/a"))
        try await collecting(from: member) { collector in
            for round in 0..<3 {
                try await sender.publish("a", "\(round)")
                try await eventually("it comes") { collector.texts.last == "\(round)" }
                // What is cut off before its acknowledgement has arrived comes again.
                try await eventually("it is acknowledged") {
                    broker.log.components(separatedBy: "Received PUBACK from member").count - 1 == round + 1
                }
                proxy.cut()
                // The state says connected as soon as the session is there; the subscription is answered a little later.
                let subscriptions = { broker.log.components(separatedBy: "Received SUBSCRIBE from member").count - 1 }
                try await eventually("it subscribed anew") { subscriptions() == round + 2 }
            }
            // What was not acknowledged at the cut comes again.
            #expect(collector.distinctTexts == ["0", "1", "2"])
        }
        await sender.stop()
        try await proxy.close()
    }

    @Test("a group goes on after the broker was restarted, though mosquitto forgets who shares what")
    func survivesRestart() async throws {
        let broker = try TestBroker(persistence: true)
        let member = try await MQTTClient.connected(.persistent(broker.url, "member", "$share/stock/a"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        try await collecting(from: member) { collector in
            try await sender.publish("a", "before")
            try await eventually("it comes") { collector.texts == ["before"] }
            broker.stop()
            try broker.start()
            try await eventually("it subscribed anew") {
                broker.log.components(separatedBy: "Received SUBSCRIBE from member").count == 3
            }
            try await sender.connected(within: .seconds(20))
            try await sender.publish("a", "after")
            try await eventually("it comes too") { collector.texts == ["before", "after"] }
        }
        await sender.stop()
    }
}
