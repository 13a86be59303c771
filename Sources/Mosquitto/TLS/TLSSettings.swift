/// How a connection is encrypted, which certificates it trusts, and with which certificate the client logs in.
///
/// The files are read again for each connection, so that a renewed certificate is used from the next connection on.
public struct TLSSettings: Equatable, Sendable {
    /// Which authorities may have issued a broker's certificate.
    public enum Trust: Equatable, Sendable {
        /// The authorities that the system trusts.
        case system
        /// The authorities in this file, in PEM, and no others.
        case file(String)
    }

    /// How much of a broker's certificate is checked.
    public enum Verification: String, Sendable, Decodable {
        /// The issuers, the dates, and that the certificate is for the host to which the client connects.
        case full
        /// The issuers and the dates, for any host.
        case chain
        /// Nothing: anybody on the way can read and change everything. For trying things out.
        case none
    }

    /// The oldest protocol that may be used.
    public enum Version: String, Sendable, Decodable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    public var trust: Trust
    /// The client's certificate and its key, files in PEM, for a broker that requires them. The issuers may follow in the
    /// certificate's file.
    public var certificate: String?
    public var key: String?
    /// The password of the key's file.
    public var keyPassword: String?
    /// The name that the broker's certificate has to be for, and that the handshake requests (SNI); `nil` for the broker's host.
    public var serverName: String?
    public var verification: Verification
    /// The protocols that the handshake offers (ALPN), the preferred ones first, such as `mqtt` or `x-amzn-mqtt-ca`. Each has 1 to
    /// 255 bytes.
    public var applicationProtocols: [String]
    public var minimumVersion: Version

    public init(
        trust: Trust = .system, certificate: String? = nil, key: String? = nil, keyPassword: String? = nil,
        serverName: String? = nil, verification: Verification = .full, applicationProtocols: [String] = [],
        minimumVersion: Version = .tls12
    ) {
        self.trust = trust
        self.certificate = certificate
        self.key = key
        self.keyPassword = keyPassword
        self.serverName = serverName
        self.verification = verification
        self.applicationProtocols = applicationProtocols
        self.minimumVersion = minimumVersion
    }

    /// Why these settings are not valid, whatever the files contain; `nil` if they are.
    public var problem: String? {
        if (certificate == nil) != (key == nil) { return "a certificate needs its key, and a key its certificate" }
        if keyPassword != nil, key == nil { return "there is a password for a key, but no key" }
        if applicationProtocols.contains(where: { !(1...255).contains($0.utf8.count) }) {
            return "a protocol of ALPN has 1 to 255 bytes"
        }
        return nil
    }
}
