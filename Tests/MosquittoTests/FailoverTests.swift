import Foundation
import Mosquitto
import TallywireTesting
import Testing

@Suite("Several brokers")
struct FailoverTests {
    private func options(_ brokers: TestBroker...) throws -> MQTTClientOptions {
        var options = try MQTTClientOptions.test(brokers[0].url, "client")
        options.brokers = try BrokerAddresses(try brokers.map { try BrokerAddress($0.url) })
        return options
    }

    @Test("the first that answers is used, and after a loss the first again")
    func failsOver() async throws {
        let (first, second) = (try TestBroker(), try TestBroker())
        let client = try await MQTTClient.connected(try options(first, second))
        #expect(client.state.broker?.port == first.port)
        first.kill()
        try await eventually("it is at the second") { client.state.broker?.port == second.port }
        try first.start()
        // It stays while that one works.
        #expect(client.state.broker?.port == second.port)
        second.kill()
        try await eventually("it is at the first again") { client.state.broker?.port == first.port }
        await client.stop()
    }

    @Test("one that refuses the login is passed over")
    func passesOver() async throws {
        let (strict, open) = (try TestBroker(configuration: ["allow_anonymous false"]), try TestBroker())
        let client = try await MQTTClient.connected(try options(strict, open))
        #expect(client.state.broker?.port == open.port)
        await client.stop()
    }

    @Test("packets of a session at another broker are none of the session before, though both are kept")
    func separatesSessions() async throws {
        let (first, second) = (try TestBroker(persistence: true), try TestBroker(persistence: true))
        var options = try options(second)
        options.cleanStart = false
        options.sessionExpiry = .seconds(3600)
        options.subscriptions = ["a"]
        // A session at the second broker, from before.
        await (try MQTTClient.connected(options)).stop()
        options.brokers = try BrokerAddresses([try BrokerAddress(first.url), try BrokerAddress(second.url)])
        let client = try await MQTTClient.connected(options)
        func send(_ broker: TestBroker) async throws {
            let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
            try await sender.publish("a", "x")
            await sender.stop()
        }
        try await send(first)
        let one = try await next(client)
        one.acknowledge()
        first.stop()
        try await eventually("it is at the second") { client.state.broker?.port == second.port }
        #expect(client.state == .connected(to: try BrokerAddress(second.url), version: .v5, sessionPresent: true))
        try await send(second)
        let two = try await next(client)
        two.acknowledge()
        #expect(two.session == one.session + 1)
        await client.stop()
    }
}
