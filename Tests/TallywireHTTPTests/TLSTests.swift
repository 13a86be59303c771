import Foundation
import HTTPPort
import NIOCore
import NIOPosix
import NIOSSL
import PipelineHost
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("TLS", .timeLimit(.minutes(1)))
struct TLSTests {
    private let folder: TemporaryFolder
    private let certificate: TestCertificate
    private let files: TLSCertificates.Files

    init() throws {
        folder = try TemporaryFolder()
        certificate = try TestCertificate()
        let paths = try certificate.write(into: URL(fileURLWithPath: folder.path))
        files = TLSCertificates.Files(certificate: paths.certificate, key: paths.key)
    }

    private func serve(_ body: (Int, TLSCertificates) async throws -> Void) async throws {
        var configuration = UpgradingServerConfiguration()
        let certificates = try TLSCertificates(files)
        configuration.tls = certificates
        try await withChannelServer([ByteEcho()], configuration) { port in try await body(port, certificates) }
    }

    private func hello(_ port: Int, _ certificate: TestCertificate) async throws -> String {
        try await ChannelConnection.open(port, trusting: certificate) { exchange in
            try await exchange.send("GET /hello HTTP/1.1\nHost: localhost\nConnection: close\n\n")
            return try await exchange.receiveAll()
        }
    }

    @Test("HTTP and WebSockets come over TLS")
    func speaking() async throws {
        try await serve { port, _ in
            #expect(try await hello(port, certificate).hasSuffix("hello"))
            try await ChannelConnection.open(port, trusting: certificate) { upgraded in
                try await upgraded.send(
                    """
                    GET /ws HTTP/1.1
                    Host: localhost
                    Upgrade: websocket
                    Connection: Upgrade
                    Sec-WebSocket-Version: 13
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==


                    """)
                #expect(try await upgraded.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                try await upgraded.send("over TLS!")
                #expect(try await upgraded.receive(through: "!") == "over TLS!")
            }
        }
    }

    @Test("without TLS nothing is answered, and the connection ends")
    func plain() async throws {
        try await serve { port, _ in
            let response = try await ChannelConnection.open(port) { exchange in
                try await exchange.send("GET /hello HTTP/1.1\nHost: localhost\n\n")
                return (try? await exchange.receiveAll()) ?? ""
            }
            #expect(!response.contains("hello"))
            #expect(try await hello(port, certificate).hasSuffix("hello"))
        }
    }

    @Test("TLS 1.1 is too old", arguments: [TLSVersion.tlsv1, .tlsv11, .tlsv12, .tlsv13])
    func versions(version: TLSVersion) async throws {
        try await serve { port, _ in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificate.utf8)))
            configuration.minimumTLSVersion = .tlsv1
            configuration.maximumTLSVersion = version
            let context = try NIOSSLContext(configuration: configuration)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            let response = try? await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                var text = ""
                for try await bytes in inbound { text += String(buffer: bytes) }
                return text
            }
            let isSpoken = response?.hasSuffix("hello") ?? false
            #expect(isSpoken == [.tlsv12, .tlsv13].contains(version))
        }
    }

    @Test("a new certificate is shown to new connections, and those that exist go on; a broken one changes nothing")
    func reload() async throws {
        try await serve { port, certificates in
            let next = try TestCertificate(validFor: 1_000_000)
            try await ChannelConnection.open(port, trusting: certificate) { old in
                try await old.send("GET /hello HTTP/1.1\nHost: localhost\n\n")
                _ = try await old.receive(through: "hello")
                let before = certificates.expiresAt
                try next.write(into: URL(fileURLWithPath: folder.path))
                try certificates.reload()
                #expect(certificates.expiresAt > before)
                #expect(try await hello(port, next).hasSuffix("hello"))
                await #expect(throws: (any Error).self) { try await hello(port, certificate) }
                try await old.send("GET /hello HTTP/1.1\nHost: localhost\n\n")
                #expect(try await old.receive(through: "hello").hasSuffix("hello"))
            }
            try Data("nonsense".utf8).write(to: URL(fileURLWithPath: files.certificate))
            #expect(throws: TLSCertificates.Failure.self) { try certificates.reload() }
            #expect(try await hello(port, next).hasSuffix("hello"))
        }
    }

    @Test("what is wrong with the files is told, and which of the two it is")
    func mistakes() throws {
        func failure(_ change: (inout TLSCertificates.Files) throws -> Void) throws -> TLSCertificates.Failure? {
            var files = files
            try change(&files)
            do {
                _ = try TLSCertificates(files)
                return nil
            } catch {
                return error
            }
        }
        let missing = try failure { $0.certificate = folder.file("none.pem") }
        #expect(missing?.isAboutKey == false)
        #expect(missing?.message == "\(folder.file("none.pem")) cannot be read: No such file or directory")
        let missingKey = try failure { $0.key = folder.file("none.key") }
        #expect(missingKey?.isAboutKey == true && missingKey?.message.hasSuffix("No such file or directory") == true)
        let swapped = try failure { ($0.certificate, $0.key) = ($0.key, $0.certificate) }
        #expect(swapped?.isAboutKey == false && swapped?.message.contains("certificate") == true)
        let noKey = try failure { $0.key = $0.certificate }
        #expect(noKey?.isAboutKey == true && noKey?.message.contains("private key") == true)
        let other = try failure {
            $0.key = folder.file("other.key")
            try Data(try TestCertificate().key.utf8).write(to: URL(fileURLWithPath: $0.key))
        }
        #expect(other?.message.contains("is not the key of") == true)
        #expect(try failure { _ in } == nil)
    }
}

@Suite("What is read again")
struct ReloadReportTests {
    @Test("a file that cannot be used shows in health and metrics, without saying where it is")
    func warning() async throws {
        let status = ReloadStatus(name: "certificate")
        try await Shop(reloads: [status]).open { client in
            #expect(try await client.get("/health/ready")["warnings"] == nil)
            status.failed("/etc/secret/server.pem is broken")
            let ready = try await client.get("/health/ready")
            #expect(ready["warnings"]?.elements.count == 1)
            #expect(!ready.text.contains("/etc"))
            let metrics = try await client.get("/metrics").text
            #expect(metrics.contains(#"tallywire_reloads_total{what="certificate",result="failed"} 1"#))
            #expect(metrics.contains(#"tallywire_reload_failing{what="certificate"} 1"#))
            status.succeeded()
            #expect(try await client.get("/health/ready")["warnings"] == nil)
            #expect(try await client.get("/metrics").text.contains(#"tallywire_reload_failing{what="certificate"} 0"#))
        }
    }
}
