import Foundation
import NIOCore
import NIOSSL
import Synchronization
import TallywireCore

/// The certificate and the key of the HTTP port's TLS. Both can be reloaded while the port is open: existing connections keep the
/// old ones, and new connections get the new ones.
public final class TLSCertificates: Sendable {
    /// The paths of the files, in PEM.
    public struct Files: Equatable, Sendable {
        /// The certificate, then the intermediate certificates up to its root.
        public var certificate: String
        /// The key, without a passphrase.
        public var key: String

        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Why files cannot be used.
    public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// Whether the key is the cause; otherwise the certificate is.
        public let isAboutKey: Bool
        public let message: String

        public var description: String { message }
    }

    private struct State {
        var context: NIOSSLContext
        var expiresAt: Timestamp
    }

    public let files: Files
    private let state: Mutex<State>

    /// Reads the files. Throws ``Failure``.
    public init(_ files: Files) throws(Failure) {
        self.files = files
        state = Mutex(try Self.read(files))
    }

    /// Reads the files again. If they cannot be used, throws ``Failure`` and keeps the earlier ones.
    public func reload() throws(Failure) {
        let new = try Self.read(files)
        state.withLock { $0 = new }
    }

    /// When the certificate expires.
    public var expiresAt: Timestamp { state.withLock { $0.expiresAt } }

    /// The TLS context for new connections.
    var context: NIOSSLContext { state.withLock { $0.context } }

    private static func read(_ files: Files) throws(Failure) -> State {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
        } catch {
            throw Failure(isAboutKey: false, message: "\(files.certificate) \(reason(error, files.certificate, "a certificate"))")
        }
        guard let leaf = chain.first else {
            throw Failure(isAboutKey: false, message: "\(files.certificate) holds no certificate in PEM")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: files.key, format: .pem)
        } catch {
            throw Failure(isAboutKey: true, message: "\(files.key) \(reason(error, files.key, "a private key without passphrase"))")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return State(
                context: try NIOSSLContext(configuration: configuration),
                expiresAt: Timestamp(milliseconds: Int64(leaf.notValidAfter) * 1000))
        } catch {
            throw Failure(isAboutKey: true, message: "\(files.key) is not the key of \(files.certificate)")
        }
    }

    private static func reason(_ error: any Error, _ path: String, _ what: String) -> String {
        if let error = error as? IOError { return "cannot be read: \(String(cString: strerror(error.errnoCode)))" }
        guard FileManager.default.isReadableFile(atPath: path) else {
            return FileManager.default.fileExists(atPath: path)
                ? "cannot be read: Permission denied" : "cannot be read: No such file or directory"
        }
        return "is not \(what) in PEM"
    }
}
