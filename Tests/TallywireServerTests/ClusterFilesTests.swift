import Crypto
import Foundation
import SwiftASN1
import TestSupport
import Testing
import X509

@testable import TallywireCommands

@Suite("The files of a cluster’s machines", .timeLimit(.minutes(2)))
struct ClusterFilesTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let nodes = "a=10.0.0.1,b=fd00::2,c=stock.example"

    private func write(_ more: String..., nodes: String = nodes) async throws -> (status: Int32, output: String) {
        try await ServerProcess.run(["cluster", "etcd", "--nodes", nodes] + more, in: folder.path)
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder.file("cluster/\(name)"), encoding: .utf8)
    }

    private func certificate(_ name: String) throws -> Certificate { try Certificate(pemEncoded: text(name)) }

    private var all: [String] {
        (FileManager.default.subpaths(atPath: folder.path) ?? []).sorted()
    }

    @Test("each machine gets a folder of its own, which only its owner may read, and nothing that is there is replaced")
    func written() async throws {
        let result = try await write()
        #expect(result.status == 0, "\(result.output)")
        let own = ["", "/ca.pem", "/cluster.json", "/etcd.conf.yml", "/node.key", "/node.pem", "/secret"]
        let expected = ["cluster"] + ["a", "b", "c"].flatMap { name in own.map { "cluster/\(name)\($0)" } }
        #expect(all == (expected + ["cluster/ca.key", "cluster/ca.pem", "cluster/secret"]).sorted())
        for path in all {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.file(path))
            let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == (isFolder ? 0o700 : 0o600), "\(path)")
        }
        for words in ["cluster/a", "etcd --config-file /etc/tallywire/cluster/etcd.conf.yml", "tallywire cluster init", "ca.key"] {
            #expect(result.output.contains(words), "\(result.output)")
        }
        #expect(try !result.output.contains(text("secret")))

        let before = try all.filter { $0.contains(".") }.map { try Data(contentsOf: URL(fileURLWithPath: folder.file($0))) }
        let again = try await write()
        #expect(again.status == 1 && again.output.contains("there already") && again.output.contains("--renew"), "\(again.output)")
        #expect(try all.filter { $0.contains(".") }.map { try Data(contentsOf: URL(fileURLWithPath: folder.file($0))) } == before)
    }

    @Test("etcd’s configuration and the node’s section name the machine’s addresses, ports and files")
    func contents() async throws {
        _ = try await write(
            "--site", "shop", "--folder", "/srv/t/", "--client-port", "12379", "--peer-port", "12380", "--port", "18080")
        let etcd = try text("b/etcd.conf.yml")
        for line in [
            #"name: "b""#, #"listen-client-urls: "https://[fd00::2]:12379""#, #"advertise-client-urls: "https://[fd00::2]:12379""#,
            #"initial-cluster: "a=https://10.0.0.1:12380,b=https://[fd00::2]:12380,c=https://stock.example:12380""#,
            #"auto-compaction-mode: "periodic""#, #"auto-compaction-retention: "10m""#, "quota-backend-bytes: 2147483648",
            "heartbeat-interval: 100", "election-timeout: 1000", "client-transport-security:", "peer-transport-security:",
            #"  cert-file: "/srv/t/node.pem""#, #"  key-file: "/srv/t/node.key""#, "  client-cert-auth: true",
            #"  trusted-ca-file: "/srv/t/ca.pem""#, #"data-dir: "/var/lib/etcd/tallywire""#,
        ] { #expect(etcd.contains(line + "\n"), "\(line) in \(etcd)") }
        #expect(try text("c/etcd.conf.yml").contains(#"listen-peer-urls: "https://0.0.0.0:12380""#), "no name can be listened on")
        let tokens = try ["a", "b", "c"].map { name in
            try text("\(name)/etcd.conf.yml").split(separator: "\n").first { $0.hasPrefix("initial-cluster-token: \"shop-") }
        }
        #expect(tokens[0] != nil && Set(tokens).count == 1)

        let object = try JSONSerialization.jsonObject(with: Data(text("b/cluster.json").utf8))
        let section = try #require((object as? [String: Any])?["cluster"] as? NSDictionary)
        #expect(
            section == [
                "site": "shop", "node": "b", "address": "https://[fd00::2]:18080", "secret": "${file:/srv/t/secret}",
                "endpoints": ["https://10.0.0.1:12379", "https://[fd00::2]:12379", "https://stock.example:12379"],
                "tls": ["ca": "/srv/t/ca.pem", "certificate": "/srv/t/node.pem", "key": "/srv/t/node.key"],
            ] as NSDictionary)
        let http = try #require((object as? [String: Any])?["http"] as? NSDictionary)
        #expect(
            http == ["host": "fd00::2", "port": 18080, "tls": ["certificate": "/srv/t/node.pem", "key": "/srv/t/node.key"]]
                as NSDictionary)
        #expect(try text("secret").utf8.count == 43 && text("a/secret") == text("secret"))
    }

    @Test("a machine’s certificate comes from the cluster’s authority, is for its name and address, and for servers and clients")
    func certificates() async throws {
        _ = try await write()
        let authority = try certificate("ca.pem")
        #expect(abs(authority.notValidAfter.timeIntervalSinceNow / 86_400 - 3_653) < 1)
        guard case .isCertificateAuthority? = try authority.extensions.basicConstraints else {
            Issue.record("the authority is none")
            return
        }
        var keys: Set<String> = []
        for (name, address) in [
            ("a", GeneralName.ipAddress(ASN1OctetString(contentBytes: [10, 0, 0, 1]))),
            ("b", .ipAddress(ASN1OctetString(contentBytes: [0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]))),
            ("c", .dnsName("stock.example")),
        ] {
            let own = try certificate("\(name)/node.pem")
            #expect(authority.publicKey.isValidSignature(own.signature, for: own))
            #expect(own.issuer == authority.subject)
            #expect(abs(own.notValidAfter.timeIntervalSinceNow / 86_400 - 731) < 1)
            #expect(own.notValidBefore < Date())
            let names = try #require(try own.extensions.subjectAlternativeNames)
            #expect(names.contains(address) && names.contains(.dnsName(name)) && names.contains(.dnsName("localhost")))
            let usage = try #require(try own.extensions.extendedKeyUsage)
            #expect(usage.contains(.serverAuth) && usage.contains(.clientAuth))
            guard case .notCertificateAuthority? = try own.extensions.basicConstraints else {
                Issue.record("\(name) could vouch for others")
                continue
            }
            let key = try text("\(name)/node.key")
            #expect(try Certificate.PublicKey(P256.Signing.PrivateKey(pemRepresentation: key).publicKey) == own.publicKey)
            keys.insert(key)
            #expect(try text("\(name)/ca.pem") == text("ca.pem"))
        }
        #expect(keys.count == 3)
    }

    @Test("a renewal makes new certificates of the named machines, and keeps the authority, the secret and everything else")
    func renewal() async throws {
        _ = try await write()
        func contents() throws -> [String: String] {
            try Dictionary(
                uniqueKeysWithValues: all.filter { !["cluster", "cluster/a", "cluster/b", "cluster/c"].contains($0) }
                    .map { ($0, try String(contentsOfFile: folder.file($0), encoding: .utf8)) })
        }
        let before = try contents()
        let result = try await write("--renew", nodes: "a=10.0.0.9")
        #expect(result.status == 0 && result.output.contains("restart"), "\(result.output)")
        let after = try contents()
        #expect(Set(before.keys) == Set(after.keys))
        #expect(before.keys.filter { before[$0] != after[$0] }.sorted() == ["cluster/a/node.key", "cluster/a/node.pem"])
        let own = try certificate("a/node.pem")
        #expect(try certificate("ca.pem").publicKey.isValidSignature(own.signature, for: own))
        #expect(
            try #require(try own.extensions.subjectAlternativeNames).contains(
                .ipAddress(ASN1OctetString(contentBytes: [10, 0, 0, 9]))))
        let mode = try FileManager.default.attributesOfItem(atPath: folder.file("cluster/a/node.key"))[.posixPermissions]
        #expect((mode as? NSNumber)?.intValue == 0o600)
    }

    @Test("a renewal without the authority, with another’s key, or of a machine that is not there says so and changes nothing")
    func failedRenewal() async throws {
        _ = try await write()
        let before = try text("a/node.pem")
        func refused(_ words: String, nodes: String = Self.nodes) async throws {
            let result = try await write("--renew", nodes: nodes)
            #expect(result.status == 1 && result.output.contains(words), "\(words): \(result.output)")
            #expect(try text("a/node.pem") == before)
        }
        try await refused("no folder of a machine “d”", nodes: "a=10.0.0.1,d=10.0.0.4")
        let path = folder.file("cluster/ca.key")
        try P256.Signing.PrivateKey().pemRepresentation.write(toFile: path, atomically: true, encoding: .utf8)
        try await refused("is not the key of")
        try "nothing".write(toFile: path, atomically: true, encoding: .utf8)
        try await refused("ca.key holds no key")
        try FileManager.default.removeItem(atPath: path)
        try await refused("there is no \(path)")
    }

    @Test("near its end an authority vouches no longer than it is valid itself, and after it for nobody")
    func end() throws {
        let now = Date()
        let machine = try ClusterMachine("a=10.0.0.1")
        let authority = try ClusterAuthority(site: "main", now: now)
        let late = now + 86_400 * 3_500
        let last = try Certificate(pemEncoded: try authority.identity(for: machine, now: late).certificate)
        #expect(last.notValidAfter == (try Certificate(pemEncoded: authority.identity.certificate)).notValidAfter)
        let error = #expect(throws: Failure.self) {
            try ClusterAuthority(authority.identity, in: "cluster", now: now + 86_400 * 3_654)
        }
        #expect(error?.message.contains("no longer valid") == true)
    }

    @Test("for trials on loopback addresses nothing speaks TLS, and for other addresses that is refused")
    func plain() async throws {
        let result = try await write("--plain", nodes: "a=127.0.0.1,b=127.0.0.2,c=localhost")
        #expect(result.status == 0 && !result.output.contains("ca.key"), "\(result.output)")
        #expect(all.filter { $0.hasSuffix(".pem") || $0.hasSuffix(".key") }.isEmpty)
        #expect(try text("a/etcd.conf.yml").contains("http://127.0.0.1:2379") && !text("a/etcd.conf.yml").contains("https"))
        #expect(try !text("a/etcd.conf.yml").contains("security"))
        #expect(try !text("a/cluster.json").contains("tls"))
        let open = try await write("--plain", "--output", "other", nodes: "a=127.0.0.1,b=10.0.0.2")
        #expect(open.status == 64 && open.output.contains("10.0.0.2"), "\(open.output)")
    }

    private static func machines(_ count: Int) -> String { (1...count).map { "n\($0)=10.0.0.\($0)" }.joined(separator: ",") }

    private static let mistakes: [([String], String)] = [
        (["a"], "“a” is not NAME=ADDRESS"), (["=10.0.0.1"], "a node's name has"), (["../a=10.0.0.1"], "a node's name has"),
        (["..=10.0.0.1"], "a node's name has"), (["secret=10.0.0.1"], "a node's name has"),
        ([String(repeating: "n", count: 65) + "=10.0.0.1"], "a node's name has"), (["é=10.0.0.1"], "a node's name has"),
        (["a=10.0.0.999"], "neither an IP address nor a host name"), (["a=10.0.0.1:2379"], "neither an IP address"),
        (["a=b c"], "neither"), (["a="], "neither"), (["a=10.0.0.1,a=10.0.0.2"], "the name “a” twice"),
        (["a=10.0.0.1,b=10.0.0.1"], "the address “10.0.0.1” twice"), ([""], "0 machines"),
        ([machines(8)], "8 machines"),
        (["a=10.0.0.1", "--site", "a/b"], "--site"), (["a=10.0.0.1", "--port", "0"], "--port 0 is no port"),
        (["a=10.0.0.1", "--peer-port", "2379"], "have to differ"),
        (["a=10.0.0.1", "--folder", "here"], "not an absolute path"),
        (["a=10.0.0.1", "--plain", "--renew"], "nothing to --renew"),
    ]

    @Test("bad usage says what is wrong and where, and writes nothing", arguments: mistakes)
    func usage(arguments: [String], words: String) async throws {
        let result = try await ServerProcess.run(["cluster", "etcd", "--nodes"] + arguments, in: folder.path)
        #expect(result.status == 64 && result.output.contains(words), "\(result.output)")
        #expect(all.isEmpty)
    }

    @Test("seven machines are the most, and an even number is told to be of no use")
    func numbers() async throws {
        let seven = try await write(nodes: Self.machines(7))
        #expect(seven.status == 0 && !seven.output.contains("odd number"))
        let two = try await write("--output", "two", nodes: "a=10.0.0.1,b=10.0.0.2")
        #expect(two.status == 0 && two.output.contains("have an odd number"))
    }
}
