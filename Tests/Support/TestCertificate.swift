import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate for `localhost` and 127.0.0.1 that vouches for itself, with its key: for tests of what speaks TLS.
public struct TestCertificate: Sendable {
    /// Both in PEM.
    public let certificate: String
    public let key: String

    /// A new one, valid from an hour ago for `seconds` from now; with less than nothing it has expired. Without `hasAddress` it is not
    /// for 127.0.0.1.
    public init(name: String = "localhost", hasAddress: Bool = true, validFor seconds: Double = 86_400) throws {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSinceNow: -3_600), notValidAfter: Date(timeIntervalSinceNow: seconds), issuer: subject,
            subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                SubjectAlternativeNames(
                    [.dnsName(name)] + (hasAddress ? [.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))] : []))
            }, issuerPrivateKey: .init(key))
        self.certificate = try certificate.serializeAsPEM().pemString
        self.key = key.pemRepresentation
    }

    /// What a client speaks TLS with that trusts this certificate and no other.
    public func clientContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)))
        return try NIOSSLContext(configuration: configuration)
    }

    /// Writes both into `folder` as `server.pem` and `server.key`, each whole or not at all.
    @discardableResult
    public func write(into folder: URL) throws -> (certificate: String, key: String) {
        let (first, second) = (folder.appending(path: "server.pem"), folder.appending(path: "server.key"))
        try Data(certificate.utf8).write(to: first, options: .atomic)
        try Data(key.utf8).write(to: second, options: .atomic)
        return (first.path, second.path)
    }
}
