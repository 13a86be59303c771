import Foundation
import Mosquitto
import TallywireConfiguration
import TallywireTesting
import TestSupport
import Testing

@testable import MQTTConnection

@Suite("What check --connect finds at a broker")
struct BrokerProbeTests {
    struct Options: BrokerOptions {
        var broker: BrokerAddresses
        var user: String?
        var password: String?
        var tls: TLSOptions?
    }

    private func problems(_ url: String, tls: TLSOptions? = nil, topic: String? = nil) async throws -> [OptionError] {
        let options = Options(broker: BrokerAddresses(try BrokerAddress(url)), tls: tls)
        return await
            (try BrokerProbe(
                options, subscriptions: topic.map { [.init($0, option: "topic")] } ?? [],
                publications: topic.map { [.init($0, option: "publish", "0", "topic")] } ?? [], within: .seconds(2))).problems()
    }

    @Test("nothing where nothing is wrong, and it leaves no session")
    func finds() async throws {
        let broker = try TestBroker()
        #expect(try await problems(broker.url, topic: "a/b").isEmpty)
        #expect(broker.log.contains("tallywire-check-"))
        #expect(!broker.log.contains("c0"))
    }

    @Test("the name, the port, the TLS, the login: each with its option and what to do")
    func tellsApart() async throws {
        let name = try await problems("mqtt://no-such-host.invalid")
        #expect(name.map(\.path) == [["broker"]])
        #expect(name.first?.message.contains("DNS") == true, "\(name)")

        let broker = try TestBroker(configuration: ["allow_anonymous false"])
        let login = try await problems(broker.url)
        #expect(login.map(\.path) == [["user"]])
        #expect(login.first?.message.contains("it wants a user") == true, "\(login)")
        broker.stop()
        let port = try await problems(broker.url)
        #expect(port.first?.message.contains("does the broker run") == true, "\(port)")

        let open = try TestBroker()
        let tls = try await problems("mqtts://127.0.0.1:\(open.port)")
        #expect(tls.first?.message.contains("no TLS is spoken there") == true, "\(tls)")
        let file = TLSOptions(
            ca: "/nowhere.pem", certificate: nil, key: nil, keyPassword: nil, serverName: nil, verify: .full, alpn: [],
            minimumVersion: .tls12)
        let missing = try await problems("mqtts://127.0.0.1:\(open.port)", tls: file)
        #expect(missing.map(\.path) == [["tls", "ca"]], "\(missing)")
    }

    @Test("topics that may not be published to, or subscribed to")
    func topics() async throws {
        let folder = try TemporaryFolder()
        try Data("topic read #\n".utf8).write(to: URL(filePath: folder.file("acl")))
        let broker = try TestBroker(configuration: ["acl_file \(folder.file("acl"))"])
        let denied = try await problems(broker.url, topic: "a/b")
        #expect(denied.map(\.path) == [["publish", "0", "topic"]])
        #expect(denied.first?.message.contains("does not let us publish to a/b") == true, "\(denied)")

        let connack: [UInt8] = [0x20, 3, 0, 0, 0]
        let strict = try await ScriptedBroker.start(
            .init(connack, [0x40, 2, 0, 1], closes: false), .init(connack, [0x90, 4, 0, 1, 0, 0x87], closes: false))
        let refused = try await problems(strict.url, topic: "a/b")
        #expect(refused.map(\.path) == [["topic"]], "\(refused)")
        try await strict.close()
    }

    @Test("options that exclude each other are told before anything is tried")
    func checksOptions() throws {
        let plain = BrokerAddresses(BrokerAddress(host: "a"))
        let tls = TLSOptions(
            ca: "system", certificate: "x", key: nil, keyPassword: nil, serverName: nil, verify: .full, alpn: [],
            minimumVersion: .tls12)
        #expect(throws: OptionError.self) { try Options(broker: plain, tls: tls).connection("x") }
        #expect(throws: OptionError.self) { try Options(broker: plain, password: "x").connection("x") }
        let secure = BrokerAddresses(BrokerAddress(host: "a", isSecure: true))
        let error = #expect(throws: OptionError.self) { try Options(broker: secure, tls: tls).connection("x") }
        #expect(error?.path == ["tls"])
    }
}
