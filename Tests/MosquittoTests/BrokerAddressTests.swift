import Foundation
import Mosquitto
import Testing

@Suite("A broker's address")
struct BrokerAddressTests {
    @Test("is read from a URL")
    func isRead() throws {
        #expect(try BrokerAddress("mqtt://broker.example") == BrokerAddress(host: "broker.example"))
        #expect(try BrokerAddress("mqtt://127.0.0.1:1884/") == BrokerAddress(host: "127.0.0.1", port: 1884))
        #expect(try BrokerAddress("MQTT://[::1]:1885") == BrokerAddress(host: "::1", port: 1885))
        #expect(try BrokerAddress("mqtt://[::1]") == BrokerAddress(host: "::1"))
        #expect(
            try BrokerAddress("mqtt://sca%40nner:p%3Aa%2Fss@host")
                == BrokerAddress(host: "host", user: "sca@nner", password: "p:a/ss"))
        #expect(try BrokerAddress("mqtts://host") == BrokerAddress(host: "host", port: 8883, isSecure: true))
        #expect(try BrokerAddress("mqtts://host:1").description == "mqtts://host:1")
        #expect(try BrokerAddress("mqtt://user@host:1") == BrokerAddress(host: "host", port: 1, user: "user"))
    }

    @Test(
        "says what is wrong with it",
        arguments: [
            ("127.0.0.1:1883", "no scheme"), ("http://host", "scheme http"), ("mqtts://", "no valid host"),
            ("mqtt://", "no valid host"), ("mqtt://host:0", "port"), ("mqtt://host:65536", "port"), ("mqtt://host:x", "port"),
            ("mqtt://a/b", "no valid host"), ("mqtt://[::1", "port"), ("mqtt://u:%zz@host", "percent-encoded"),
        ])
    func saysWhatIsWrong(url: String, problem: String) throws {
        let error = try #require(throws: MQTTError.self) { try BrokerAddress(url) }
        #expect(error.code == .invalidOptions)
        #expect(error.message.contains(problem), "\(error.message)")
    }

    @Test("does not show its password")
    func doesNotShowItsPassword() throws {
        #expect(try BrokerAddress("mqtt://user:secret@[::1]:1884").description == "mqtt://[::1]:1884")
        let error = try #require(throws: MQTTError.self) { try BrokerAddress("mqtt://user:secret@host:port") }
        #expect(!error.message.contains("secret"))
    }

    @Test("is decoded from a string")
    func isDecoded() throws {
        let decoded = try JSONDecoder().decode([BrokerAddress].self, from: Data(#"["mqtt://host:1"]"#.utf8))
        #expect(decoded == [BrokerAddress(host: "host", port: 1)])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([BrokerAddress].self, from: Data(#"["host"]"#.utf8)) }
    }

    @Test("stands alone or in a list")
    func isListed() throws {
        let decoded = try JSONDecoder().decode([BrokerAddresses].self, from: Data(#"["mqtt://a", ["mqtt://b", "mqtts://c"]]"#.utf8))
        #expect(decoded.map(\.description) == ["mqtt://a:1883", "mqtt://b:1883, mqtts://c:8883"])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([BrokerAddresses].self, from: Data("[[]]".utf8)) }
    }
}
