import COpenSSL
import Foundation
import Logging
import Mosquitto
import Synchronization
import TallywireTesting
import TestSupport
import Testing

@Suite("TLS with a real broker")
struct TLSTests {
    /// A broker that speaks TLS, and the files of its certificate and of a client's.
    struct Stage {
        let folder: TemporaryFolder
        let broker: TestBroker
        let ca: String
        let client: (certificate: String, key: String)

        init(
            certificate: TestCertificate? = nil, clientCertificate: TestCertificate? = nil, _ configuration: String...
        ) throws {
            folder = try TemporaryFolder()
            let server = try Self.write(certificate ?? TestCertificate(), "server", folder)
            client = try Self.write(clientCertificate ?? TestCertificate(name: "tallywire"), "client", folder)
            ca = server.certificate
            broker = try TestBroker(
                configuration: ["certfile \(server.certificate)", "keyfile \(server.key)", "cafile \(client.certificate)"]
                    + configuration)
        }

        static func write(_ certificate: TestCertificate, _ name: String, _ folder: TemporaryFolder) throws -> (
            certificate: String, key: String
        ) {
            let (first, second) = (folder.file("\(name).pem"), folder.file("\(name).key"))
            try Data(certificate.certificate.utf8).write(to: URL(filePath: first))
            try Data(certificate.key.utf8).write(to: URL(filePath: second))
            return (first, second)
        }

        func options(_ tls: TLSSettings? = nil, host: String = "localhost") throws -> MQTTClientOptions {
            try .test("mqtts://\(host):\(broker.port)", "secret") { $0.tls = tls ?? TLSSettings(trust: .file(ca)) }
        }
    }

    /// The first failure of a client with these options.
    private func failure(_ options: MQTTClientOptions) async throws -> MQTTError {
        let client = try MQTTClient(options, logger: quiet)
        let error = try await #require(throws: MQTTError.self) { try await client.connected(orFailedWithin: .seconds(20)) }
        await client.stop()
        return error
    }

    @Test("carries messages both ways, more of them than one record holds")
    func carries() async throws {
        let stage = try Stage()
        var options = try stage.options()
        options.subscriptions = ["a"]
        let client = try await MQTTClient.connected(options)
        #expect(client.state.broker?.isSecure == true)
        let payload = String(repeating: "x", count: 1000)
        try await collecting(from: client) { collector in
            let messages = (0..<500).map { MQTTMessage(topic: "a", payload: Array("\($0) \(payload)".utf8)) }
            #expect(try await client.publish(messages).allSatisfy { $0 == .accepted })
            try await eventually("all come") { collector.messages.count == 500 }
            #expect(collector.texts.map { $0.prefix { $0 != " " } } == (0..<500).map { "\($0)" })
        }
    }

    @Test("shows a certificate of its own, with a key that is encrypted")
    func showsCertificate() async throws {
        let stage = try Stage(clientCertificate: nil, "require_certificate true", "use_identity_as_username true")
        let anonymous = try await failure(try stage.options())
        #expect(anonymous.code == .tls && anonymous.message.contains("certificate of ours"), "\(anonymous)")
        var tls = TLSSettings(trust: .file(stage.ca), certificate: stage.client.certificate, key: stage.client.key)
        let client = try await MQTTClient.connected(try stage.options(tls))
        await client.stop()
        #expect(stage.broker.log.contains("u'tallywire'"), "\(stage.broker.log)")

        tls.key = try Self.encrypt(stage.client.key, "open sesame", in: stage.folder)
        let locked = try await failure(try stage.options(tls))
        #expect(locked.message.contains("is encrypted; give its password"), "\(locked)")
        tls.keyPassword = "sesame"
        let wrong = try await failure(try stage.options(tls))
        #expect(wrong.message.contains("cannot be read with this tls.keyPassword"), "\(wrong)")
        #expect(!wrong.message.contains("sesame"))
        tls.keyPassword = "open sesame"
        let second = try await MQTTClient.connected(try stage.options(tls))
        await second.stop()
    }

    @Test("a certificate that cannot be trusted is refused, with the reason and what to do")
    func refuses() async throws {
        let stage = try Stage()
        let stranger = try Stage.write(TestCertificate(name: "stranger"), "stranger", stage.folder)
        let unknown = try await failure(try stage.options(TLSSettings(trust: .file(stranger.certificate))))
        #expect(unknown.code == .tls && unknown.message.contains("issuer that is not in \(stranger.certificate)"), "\(unknown)")
        let system = try await failure(try stage.options(TLSSettings()))
        #expect(system.message.contains("among those that the system trusts") && system.message.contains("tls.ca"), "\(system)")

        let elsewhere = try Stage(certificate: TestCertificate(name: "broker.example", hasAddress: false))
        for host in ["localhost", "127.0.0.1"] {
            let mismatch = try await failure(try elsewhere.options(host: host))
            #expect(mismatch.code == .tls && mismatch.message.contains("is not for \(host)"), "\(mismatch)")
        }
        let old = try Stage(certificate: TestCertificate(validFor: -60))
        let expired = try await failure(try old.options())
        #expect(expired.code == .tls && expired.message.contains("has expired"), "\(expired)")
    }

    @Test("the name to check can be told, and the check be left out, which the log warns of")
    func checksAnotherName() async throws {
        let stage = try Stage(certificate: TestCertificate(name: "broker.example", hasAddress: false))
        let named = TLSSettings(trust: .file(stage.ca), serverName: "broker.example")
        await (try MQTTClient.connected(try stage.options(named, host: "127.0.0.1"))).stop()
        for verification in [TLSSettings.Verification.chain, .none] {
            let trust = verification == .none ? TLSSettings.Trust.system : .file(stage.ca)
            let log = LineLog()
            let client = try MQTTClient(
                try stage.options(TLSSettings(trust: trust, verification: verification)), logger: log.logger)
            try await client.connected(within: .seconds(20))
            await client.stop()
            #expect(log.lines.contains { $0.contains("TLS without a full check") }, "\(log.lines)")
        }
    }

    @Test("a file that is missing or wrong is named")
    func namesFiles() async throws {
        let stage = try Stage()
        let nowhere = stage.folder.file("nowhere.pem")
        let garbage = stage.folder.file("garbage.pem")
        try Data("no certificate".utf8).write(to: URL(filePath: garbage))
        let other = try Stage.write(TestCertificate(name: "other"), "other", stage.folder)
        let old = try Stage.write(TestCertificate(name: "old", validFor: -60), "old", stage.folder)
        let mine = stage.client
        let wrong: [(TLSSettings, String)] = [
            (TLSSettings(trust: .file(nowhere)), "tls.ca: \(nowhere) cannot be read: No such file"),
            (TLSSettings(trust: .file(garbage)), "tls.ca: \(garbage) holds no certificate"),
            (TLSSettings(certificate: nowhere, key: mine.key), "tls.certificate: \(nowhere) cannot be read"),
            (TLSSettings(certificate: garbage, key: mine.key), "tls.certificate: \(garbage) holds no certificate"),
            (TLSSettings(certificate: mine.certificate, key: nowhere), "tls.key: \(nowhere) cannot be read"),
            (TLSSettings(certificate: mine.certificate, key: garbage), "tls.key: \(garbage) holds no private key"),
            (TLSSettings(certificate: mine.certificate, key: other.key), "tls.key: \(other.key) is not the key of the certificate"),
            (TLSSettings(certificate: old.certificate, key: old.key), "has expired"),
        ]
        for (settings, problem) in wrong {
            let error = try await failure(try stage.options(settings))
            #expect(error.code == .tls && error.message.contains(problem), "\(error)")
        }
        for settings in [TLSSettings(certificate: "a"), TLSSettings(key: "a"), TLSSettings(applicationProtocols: [""])] {
            #expect(throws: MQTTError.self) { try MQTTClient(try stage.options(settings), logger: quiet) }
        }
    }

    @Test("a port that speaks no TLS, and one that wants it, are told apart")
    func noTLS() async throws {
        let plain = try TestBroker()
        let error = try await failure(try .test("mqtts://127.0.0.1:\(plain.port)", "secret"))
        // OpenSSL says so if it reads the end of the connection; if that is reset before, it is only likely.
        #expect(error.code == .tls && error.message.contains("no TLS is spoken there"), "\(error)")
        let stage = try Stage()
        let reverse = try await failure(try .test("mqtt://127.0.0.1:\(stage.broker.port)", "open"))
        #expect(reverse.message.contains("mqtts://"), "\(reverse)")
        let silent = try await ScriptedBroker.start(.silence)
        let waiting = try await failure(
            try .test("mqtts://127.0.0.1:\(silent.port)", "patient") { $0.answerTimeout = .milliseconds(300) })
        #expect(waiting.code == .unreachable && waiting.message.contains("did not answer"), "\(waiting)")
        try await silent.close()
    }

    @Test("the oldest version can be raised, and protocols are offered")
    func versions() async throws {
        let stage = try Stage(certificate: nil, clientCertificate: nil, "tls_version tlsv1.2")
        var tls = TLSSettings(trust: .file(stage.ca), applicationProtocols: ["mqtt"])
        await (try MQTTClient.connected(try stage.options(tls))).stop()
        tls.minimumVersion = .tls13
        await (try MQTTClient.connected(try stage.options(tls))).stop()
    }

    @Test("certificates are read anew at each connection")
    func rereads() async throws {
        let stage = try Stage()
        let moved = stage.folder.file("moved.pem")
        let client = try MQTTClient(try stage.options(TLSSettings(trust: .file(moved))), logger: quiet)
        try await eventually("it misses its file") {
            if case .disconnected(let error) = client.state { error.message.contains("cannot be read") } else { false }
        }
        try FileManager.default.copyItem(atPath: stage.ca, toPath: moved)
        try await client.connected(within: .seconds(20))
        await client.stop()
    }

    /// `key` encrypted with `password`, as a file.
    private static func encrypt(_ key: String, _ password: String, in folder: TemporaryFolder) throws -> String {
        let input = try #require(BIO_new_file(key, "r"))
        defer { BIO_free(input) }
        let pair = try #require(PEM_read_bio_PrivateKey(input, nil, nil, nil))
        defer { EVP_PKEY_free(pair) }
        let path = folder.file("encrypted.key")
        let output = try #require(BIO_new_file(path, "w"))
        defer { BIO_free(output) }
        let written = PEM_write_bio_PKCS8PrivateKey(
            output, pair, EVP_aes_256_cbc(), password, Int32(password.utf8.count), nil, nil)
        try #require(written == 1)
        return path
    }
}
