import Mosquitto
import Synchronization
import TallywireTesting
import TestSupport
import Testing

@Suite("The proxy that the tests use")
struct FaultyProxyTests {
    @Test("counts its links, and has none left of those that were cut or lost something")
    func counts() async throws {
        let broker = try TestBroker()
        let proxy = try await FaultyProxy.start(to: broker.port)
        let client = try await MQTTClient.connected(.test(proxy.url, "client"))
        try await eventually("there is one link") { proxy.linkCount == 1 }
        proxy.swallow([.toServer])
        // What it says is swallowed, so nothing is answered, and its end does not reach the broker.
        let isLost = Mutex(false)
        client.publish([MQTTMessage(topic: "a", payload: [1])]) { result in
            if case .failure = result { isLost.withLock { $0 = true } }
        }
        proxy.cut()
        try await eventually("the message is known to be lost") { isLost.withLock { $0 } }
        await client.stop()
        try await proxy.heal()
        try await eventually("none is left") { proxy.linkCount == 0 }
        #expect(!broker.log.contains("Received PUBLISH"))
        let second = try await MQTTClient.connected(.test(proxy.url, "second"))
        #expect(proxy.acceptedCount > 1)
        await second.stop()
        try await proxy.close()
    }
}
