import Crypto
import Foundation
import TallywireConfiguration
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import NATS
@testable import NATSSink

@Suite("Who a NATS server lets in", .timeLimit(.minutes(1)))
struct NATSAccessTests {
    private static let admin = #""user":"admin","pass":"MARKED-ADMIN""#

    private static func users(_ rights: String) -> String {
        """
        authorization { users = [
          { user: admin, password: "MARKED-ADMIN" }
          { user: shop, password: "MARKED-PASSWORD", permissions: { publish: [ \(rights) ], subscribe: "_INBOX.>" } }
        ] }
        """
    }

    private static let rights = #""tallywire.>", "$JS.API.STREAM.INFO.STOCK", "$JS.API.STREAM.MSG.GET.STOCK""#

    @Test("the rights that the documents name are all that the sink needs")
    func leastRights() async throws {
        let server = try NATSServer(Self.users(Self.rights), login: Self.admin)
        try await server.makeStream()
        let options = NATSFixture.options(server.url, credentials: .init(user: "shop", password: "MARKED-PASSWORD"))
        #expect(await options.problems(ProbeContext(name: "out")).isEmpty)
        let sink = try await NATSFixture.started(options)
        _ = try await sink.deliver(NATSFixture.events(1...3))
        await sink.stop()
        #expect(try await server.seqs() == [1, 2, 3])
    }

    @Test("a right that is missing is named, and holds up what follows")
    func missingRight() async throws {
        let one = #""tallywire.*.A-1", "$JS.API.STREAM.INFO.STOCK", "$JS.API.STREAM.MSG.GET.STOCK""#
        let server = try NATSServer(Self.users(one), login: Self.admin)
        try await server.makeStream()
        let options = NATSFixture.options(
            server.url, window: 1, timeout: .seconds(5), credentials: .init(user: "shop", password: "MARKED-PASSWORD"))
        let sink = try await NATSFixture.started(options)
        let begin = ContinuousClock.now
        let text = await NATSFixture.error { _ = try await sink.deliver(NATSFixture.events(1...3)) }
        #expect(text.contains("tallywire.inventory_updated.A-2") && text.contains("$JS.API.STREAM.INFO.STOCK"), "\(text)")
        // It is said by the server, and not found by waiting.
        #expect(begin.duration(to: .now) < .seconds(5))
        await sink.stop()
        #expect(try await server.seqs() == [1])
        let blind = try NATSServer(Self.users(#""tallywire.>""#), login: Self.admin)
        try await blind.makeStream()
        let problems = await NATSFixture.options(
            blind.url, timeout: .seconds(3), credentials: .init(user: "shop", password: "MARKED-PASSWORD")
        ).problems(ProbeContext(name: "out"))
        #expect(problems.count == 1 && problems[0].path == ["credentials"] && problems[0].message.contains("STREAM.INFO.STOCK"))
    }

    @Test("secrets are in no error and no metric", arguments: ["password", "token", "url", "key", "down"])
    func secrets(way: String) async throws {
        let server = try NATSServer(
            way == "token" ? #"authorization { token: "MARKED-RIGHT" }"# : Self.users(Self.rights),
            login: way == "token" ? #""auth_token":"MARKED-RIGHT""# : Self.admin)
        try await server.makeStream()
        let folder = try TemporaryFolder()
        try "-----BEGIN NATS USER JWT-----\nMARKED-JWT\n------END NATS USER JWT------\n".write(
            toFile: folder.file("out.creds"), atomically: true, encoding: .utf8)
        let options =
            switch way {
            case "password": NATSFixture.options(server.url, credentials: .init(user: "shop", password: "MARKED-WRONG"))
            case "token": NATSFixture.options(server.url, credentials: .init(token: "MARKED-WRONG"))
            case "url": NATSFixture.options("nats://shop:MARKED-URL@127.0.0.1:\(server.port)")
            case "key": NATSFixture.options(server.url, credentials: .init(file: folder.file("out.creds")))
            default:
                NATSFixture.options(
                    "nats://127.0.0.1:\(try BrokerPort.free())", credentials: .init(user: "shop", password: "MARKED-DOWN"))
            }
        let problems = await options.problems(ProbeContext(name: "out"))
        #expect(problems.count == 1 && !problems[0].message.isEmpty)
        var texts = problems.map(\.message)
        if let sink = try? NATSSink(options) {
            texts.append(await NATSFixture.error { try await sink.start(NATSFixture.context()) })
            texts += sink.sinkMetrics.map { "\($0)" }
            await sink.stop()
        } else {
            #expect(way == "url")
        }
        for text in texts { #expect(!text.contains("MARKED"), "\(text)") }
    }

    @Test("a message of the library is shown on one line, and without what the sink logs in with")
    func cleaning() {
        for credentials in [NATSSettings.Credentials.user("shop", password: "MARKED"), .token("MARKED")] {
            let settings = NATSSettings(servers: [], timeout: .seconds(1), credentials: credentials)
            #expect(settings.clean("no MARKED\nhere") == "no …; here")
        }
    }

    @Test("a token, a user and a file of credentials let the sink in", arguments: ["token", "user", "file"])
    func letIn(way: String) async throws {
        let keys = try OperatorMode()
        let folder = try TemporaryFolder()
        try keys.credentials.write(toFile: folder.file("out.creds"), atomically: true, encoding: .utf8)
        let (configuration, login, credentials): (String, String, NATSSinkOptions.Credentials) =
            switch way {
            case "token": (#"authorization { token: "T" }"#, #""auth_token":"T""#, .init(token: "T"))
            case "user": (Self.users(Self.rights), Self.admin, .init(user: "shop", password: "MARKED-PASSWORD"))
            default: (keys.configuration, "", .init(file: folder.file("out.creds")))
            }
        // With JetStream an operator would also need a system account.
        let server = try NATSServer(configuration, jetStream: way != "file", login: login)
        if way == "file" {
            try await eventually("the server listens") { server.log.contains("Server is ready") }
            // The server has no JetStream, which it says to whom it let in.
            let text = await NATSFixture.error {
                _ = try await NATSFixture.started(NATSFixture.options(server.url, credentials: credentials))
            }
            #expect(text.contains("nats-server -js"), "\(text)")
            return
        }
        try await server.makeStream()
        let sink = try await NATSFixture.started(NATSFixture.options(server.url, credentials: credentials))
        _ = try await sink.deliver(NATSFixture.events(1...2))
        await sink.stop()
        #expect(try await server.seqs() == [1, 2])
    }

    @Test(
        "TLS is spoken with whom the certificate is for, and nothing goes to others",
        arguments: ["right", "stranger", "name", "plain"])
    func tls(way: String) async throws {
        let certificate = try TestCertificate(name: "localhost", hasAddress: way != "name")
        let folder = try TemporaryFolder()
        let files = try certificate.write(into: URL(fileURLWithPath: folder.path))
        let server = try NATSServer(way == "plain" ? "" : #"tls { cert_file: "\#(files.certificate)", key_file: "\#(files.key)" }"#)
        try await eventually("the server listens") { server.log.contains("Server is ready") }
        let options = NATSFixture.options(
            "tls://127.0.0.1:\(server.port)", credentials: .init(token: "MARKED"),
            tls: way == "stranger" ? nil : .init(authority: files.certificate))
        let text = await NATSFixture.error { _ = try await NATSFixture.started(options) }
        switch way {
        // The server has no stream, and says so to whom it let in.
        case "right": #expect(text.contains("nats stream add STOCK"), "\(text)")
        case "plain": #expect(text.contains("cannot be used"), "\(text)")
        default: #expect(text.contains("cannot be used") && text.contains("SSL"), "\(text)")
        }
    }

    @Test(
        "options that do not fit together are refused",
        arguments: [
            (NATSSinkOptions.Credentials(file: "a", token: "MARKED"), "give either"), (.init(user: "a"), "give either"),
            (.init(password: "MARKED"), "give either"), (.init(), "give either"),
        ])
    func credentials(given: NATSSinkOptions.Credentials, message: String) {
        let options = NATSFixture.options("nats://127.0.0.1", credentials: given)
        #expect { try NATSSink(options) } throws: { "\($0)".contains(message) && !"\($0)".contains("MARKED") }
    }

    @Test("a certificate without its key is refused, and so is a file that is not there")
    func files() async {
        let half = NATSFixture.options("nats://127.0.0.1", tls: .init(certificate: "a.pem"))
        #expect { try NATSSink(half) } throws: { "\($0)".contains("belong together") }
        let missing = NATSFixture.options("tls://127.0.0.1:1", tls: .init(authority: "/nowhere/ca.pem"))
        let text = await NATSFixture.error { try await NATSSink(missing).start(NATSFixture.context()) }
        #expect(text.contains("the certificates in /nowhere/ca.pem cannot be used"), "\(text)")
    }
}

/// An operator, an account and a user with nkeys, as `nsc` makes them.
private struct OperatorMode {
    let configuration: String
    let credentials: String

    init() throws {
        let (owner, account, user) = (NKey(14), NKey(0), NKey(20))
        let owners = try owner.sign(owner, ["type": "operator", "version": 2])
        let limits: [String: Any] = [
            "subs": -1, "data": -1, "payload": -1, "conn": -1, "imports": -1, "exports": -1, "wildcards": true,
        ]
        let accounts = try owner.sign(account, ["type": "account", "version": 2, "limits": limits])
        let users = try account.sign(user, ["type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1])
        configuration = """
            operator: "\(owners)"
            resolver: MEMORY
            resolver_preload: { \(account.name): "\(accounts)" }
            """
        credentials = """
            -----BEGIN NATS USER JWT-----
            \(users)
            ------END NATS USER JWT------

            -----BEGIN USER NKEY SEED-----
            \(user.seed)
            ------END USER NKEY SEED------

            """
    }

    /// A key of Ed25519 in the text of NATS: a kind, the bytes, and a CRC-16, in Base32 (https://github.com/nats-io/nkeys).
    private struct NKey {
        let key = Curve25519.Signing.PrivateKey()
        let name: String
        let seed: String

        init(_ kind: UInt8) {
            name = Self.text([kind << 3] + key.publicKey.rawRepresentation)
            let prefix: UInt8 = 18 << 3
            seed = Self.text([prefix | (kind >> 2), (kind << 3 & 31) << 3] + key.rawRepresentation)
        }

        private static func text(_ bytes: [UInt8]) -> String {
            var sum: UInt16 = 0
            for byte in bytes {
                sum ^= UInt16(byte) << 8
                for _ in 0..<8 { sum = sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1 }
            }
            let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
            var (text, value, bits) = ("", 0, 0)
            for byte in bytes + [UInt8(sum & 0xFF), UInt8(sum >> 8)] {
                (value, bits) = (value << 8 | Int(byte), bits + 8)
                while bits >= 5 {
                    bits -= 5
                    text.append(letters[value >> bits & 31])
                }
                value &= 0xFF
            }
            if bits > 0 { text.append(letters[value << (5 - bits) & 31]) }
            return text
        }

        /// A JWT about `subject` that this key signs.
        func sign(_ subject: NKey, _ claims: [String: Any]) throws -> String {
            func part(_ value: [String: Any]) throws -> String {
                Self.base64(try JSONSerialization.data(withJSONObject: value, options: .sortedKeys))
            }
            let header = try part(["typ": "JWT", "alg": "ed25519-nkey"])
            let body = try part([
                "jti": UUID().uuidString, "iat": Int(Date().timeIntervalSince1970), "iss": name, "name": "test",
                "sub": subject.name,
                "nats": claims,
            ])
            return "\(header).\(body).\(Self.base64(try key.signature(for: Data("\(header).\(body)".utf8))))"
        }

        private static func base64(_ data: Data) -> String {
            data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
    }
}
