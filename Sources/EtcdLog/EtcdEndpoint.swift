import ClientTLS
import Foundation
import NIOCore
import NIOSSL
import TallywireConfiguration

/// A member of etcd, as clients reach it.
struct EtcdEndpoint: Hashable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int
    let isSecure: Bool

    init(_ url: String) throws(EtcdError) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, ["http", "https"].contains(scheme),
            let host = parts.host,
            !host.isEmpty, ["", "/"].contains(parts.path), parts.user == nil, parts.password == nil, parts.query == nil
        else {
            // The URL is not in the error: it may hold a password.
            throw EtcdError(.misconfigured, "an endpoint has to be http://HOST:PORT or https://HOST:PORT, and nothing more")
        }
        self.host = host.trimmingCharacters(in: ["[", "]"])
        port = parts.port ?? 2_379
        isSecure = scheme == "https"
    }

    var description: String { "\(isSecure ? "https" : "http")://\(authority)" }

    /// What the member is called in requests.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// What encrypts a connection to the member; `nil` without TLS. Reads the certificates.
    func encryption(_ tls: TLSFiles?) throws(EtcdError) -> NIOSSLClientHandler? {
        guard isSecure else { return nil }
        do {
            var configuration = try (tls ?? TLSFiles()).configuration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["h2"]
            let context = try NIOSSLContext(configuration: configuration)
            // An address is no name that a server could choose a certificate by. The library compares it with the certificate.
            let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
            return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
        } catch {
            let files = [tls?.authority, tls?.certificate, tls?.key].compactMap(\.self).joined(separator: ", ")
            throw EtcdError(.misconfigured, "the certificates for \(self) cannot be used (\(files)): \(error)")
        }
    }
}
