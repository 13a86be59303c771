import Foundation
import Mosquitto
import TallywireTesting
import Testing

@Suite("Publishing to a real broker")
struct PublishingTests {
    @Test("keeps the order of thousands of messages through a small window")
    func keepsOrder() async throws {
        let broker = try TestBroker()
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a"))
        let sender = try await MQTTClient.connected(.test(broker.url, "sender") { $0.window = 8 })
        try await collecting(from: receiver) { collector in
            let messages = (0..<3000).map { MQTTMessage(topic: "a", payload: Array(String($0).utf8)) }
            let results = try await sender.publish(messages)
            #expect(results.count == 3000 && results.allSatisfy { $0 == .accepted })
            try await eventually("all are there") { collector.messages.count == 3000 }
            #expect(collector.texts == (0..<3000).map { String($0) })
        }
        await sender.stop()
    }

    @Test("fails what a dead broker did not acknowledge, and sends nothing of it later by itself")
    func failsAtTheLoss() async throws {
        let broker = try TestBroker()
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        broker.freeze()
        let publication = Task {
            try await sender.publish((0..<500).map { MQTTMessage(topic: "a", payload: Array("lost \($0)".utf8)) })
        }
        // The first are on their way, so it is their connection that is lost.
        try await eventually("bytes wait at the broker") { try Self.hasUnreadBytes(port: broker.port) }
        broker.kill()
        let error = await #expect(throws: MQTTError.self) { try await publication.value }
        #expect(error?.code == .connectionLost)
        try broker.start()
        let receiver = try await MQTTClient.connected(.persistent(broker.url, "receiver", "a"))
        try await sender.connected(within: .seconds(20))
        try await collecting(from: receiver) { collector in
            try await sender.publish("a", "new")
            try await eventually("the new one is there") { !collector.messages.isEmpty }
            #expect(collector.texts == ["new"])
        }
        await sender.stop()
    }

    /// Whether a connection to `port` on this machine has bytes that were not read: Linux's /proc/net/tcp, columns 2, 4 and 5.
    private static func hasUnreadBytes(port: Int) throws -> Bool {
        let tables = try ["tcp", "tcp6"].map { name in
            let file = try #require(FileHandle(forReadingAtPath: "/proc/net/" + name))
            return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        }
        return tables.joined().split(separator: "\n").contains { line in
            let columns = line.split(separator: " ")
            return columns.count > 4 && columns[1].hasSuffix(String(format: ":%04X", port)) && columns[3] == "01"
                && !columns[4].hasSuffix(":00000000")
        }
    }

    @Test("says which message can never be sent, and sends the others")
    func rejects() async throws {
        let broker = try TestBroker(configuration: ["max_packet_size 2000"])
        let sender = try await MQTTClient.connected(.test(broker.url, "sender") { $0.payloadLimit = 3000 })
        let results = try await sender.publish([
            MQTTMessage(topic: "a", payload: [1]),
            MQTTMessage(topic: "a/#", payload: [1]),
            MQTTMessage(topic: "a", payload: Array(repeating: 1, count: 3001)),
            MQTTMessage(topic: "a", payload: Array(repeating: 1, count: 2500)),
            MQTTMessage(topic: String(repeating: "a", count: 70_000), payload: [1]),
            MQTTMessage(topic: "b", payload: [1]),
        ])
        #expect(results.map { if case .rejected = $0 { true } else { false } } == [false, true, true, true, true, false])
        #expect(sender.state.isConnected)
        await sender.stop()
    }

    @Test("says when the broker's access list is in the way")
    func denied() async throws {
        let list = "/tmp/tallywire-acl-\(UUID().uuidString)"
        try Data("topic write allowed\n".utf8).write(to: URL(filePath: list))
        defer { try? FileManager.default.removeItem(atPath: list) }
        let broker = try TestBroker(configuration: ["acl_file \(list)"])
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        let results = try await sender.publish([
            MQTTMessage(topic: "allowed", payload: [1]), MQTTMessage(topic: "secret", payload: [1]),
        ])
        #expect(results.first == .accepted)
        #expect(results.last == .denied("Not authorized"))
        await sender.stop()
    }

    @Test("ends with its task")
    func isCancelled() async throws {
        let broker = try TestBroker()
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        broker.freeze()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) { try await sender.publish([MQTTMessage(topic: "a", payload: [1])]) }
            }
            group.cancelAll()
        }
        broker.thaw()
        #expect(try await sender.publish([MQTTMessage(topic: "a", payload: [2])]) == [.accepted])
        await sender.stop()
        let error = try await #require(throws: MQTTError.self) { try await sender.publish([MQTTMessage(topic: "a", payload: [])]) }
        #expect(error.code == .stopped)
    }

    @Test("nothing to publish is done at once")
    func nothing() async throws {
        let broker = try TestBroker()
        let sender = try await MQTTClient.connected(.test(broker.url, "sender"))
        #expect(try await sender.publish([]) == [])
        await sender.stop()
    }
}
