import Crypto
import Foundation
import SwiftASN1
import X509

/// The certificate authority of one cluster: whom it vouches for is let in by etcd, and believed by the nodes.
struct ClusterAuthority {
    /// A certificate and its key, in PEM.
    struct Identity: Equatable {
        let certificate: String
        let key: String
    }

    static let names = (certificate: "ca.pem", key: "ca.key")

    /// How long the authority is valid, and how long what it vouches for, in days.
    static let days = (authority: 3_653, machine: 731)

    let identity: Identity
    private let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    /// A new authority for `site`, valid for ten years from an hour before `now`: clocks differ.
    init(site: String, now: Date) throws {
        key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName {
            OrganizationName("Tallywire")
            CommonName("Tallywire cluster \(site)")
        }
        let publicKey = Certificate.PublicKey(key.publicKey)
        certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: now - Self.allowance, notValidAfter: now + Self.seconds(Self.days.authority), issuer: subject,
            subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: publicKey)
            }, issuerPrivateKey: .init(key))
        identity = Identity(certificate: try certificate.serializeAsPEM().pemString, key: key.pemRepresentation)
    }

    /// The authority that `identity` is. Throws ``Failure`` if its parts cannot be read, are not of one pair, or are no longer valid.
    /// `folder` is where they come from, for messages.
    init(_ identity: Identity, in folder: String, now: Date) throws {
        do {
            certificate = try Certificate(pemEncoded: identity.certificate)
        } catch {
            throw Failure("error: \(folder)/\(Self.names.certificate) holds no certificate in PEM: \(error)")
        }
        do {
            key = try P256.Signing.PrivateKey(pemRepresentation: identity.key)
        } catch {
            throw Failure("error: \(folder)/\(Self.names.key) holds no key of this program's kind (P-256) in PEM: \(error)")
        }
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw Failure("error: \(folder)/\(Self.names.key) is not the key of \(folder)/\(Self.names.certificate)")
        }
        guard certificate.notValidAfter > now else {
            throw Failure(
                "error: \(folder)/\(Self.names.certificate) is no longer valid, since \(certificate.notValidAfter): make files with a new authority in another folder"
            )
        }
        self.identity = identity
    }

    /// A new key and certificate for `machine`, valid for two years, or for as long as the authority is if that is shorter. It is for its
    /// name and its host, and for `localhost`, 127.0.0.1 and ::1, so that programs on the machine itself need no other. Servers and
    /// clients show it alike.
    func identity(for machine: ClusterMachine, now: Date) throws -> Identity {
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let subject = try DistinguishedName {
            OrganizationName("Tallywire")
            CommonName(machine.name)
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: max(now - Self.allowance, self.certificate.notValidBefore),
            notValidAfter: min(now + Self.seconds(Self.days.machine), self.certificate.notValidAfter),
            issuer: self.certificate.subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(
                    keyIdentifier: SubjectKeyIdentifier(hash: self.certificate.publicKey).keyIdentifier)
                SubjectAlternativeNames(Self.names(of: machine))
            }, issuerPrivateKey: .init(self.key))
        return Identity(certificate: try certificate.serializeAsPEM().pemString, key: key.pemRepresentation)
    }

    private static func names(of machine: ClusterMachine) -> [GeneralName] {
        var hosts = [machine.name, "localhost"]
        var addresses: [[UInt8]] = [[127, 0, 0, 1], Array(repeating: 0, count: 15) + [1]]
        if let bytes = machine.addressBytes {
            if !addresses.contains(bytes) { addresses.append(bytes) }
        } else {
            hosts.append(machine.host)
        }
        var seen: Set<String> = []
        return hosts.filter { seen.insert($0).inserted }.map { .dnsName($0) }
            + addresses.map { .ipAddress(ASN1OctetString(contentBytes: ArraySlice($0))) }
    }

    private static let allowance: TimeInterval = 3_600
    private static func seconds(_ days: Int) -> TimeInterval { Double(days) * 86_400 }
}
