/// How a connection is encrypted, whom it trusts, and who we say we are.
///
/// The files are read anew for each connection, so a renewed certificate is used from the next one on.
public struct TLSSettings: Equatable, Sendable {
    /// Whose certificates a broker's has to descend from.
    public enum Trust: Equatable, Sendable {
        /// Those that the system trusts.
        case system
        /// Those in this file, in PEM, and no others.
        case file(String)
    }

    /// How far a broker's certificate is checked.
    public enum Verification: String, Sendable, Decodable {
        /// Its issuers, its dates, and that it is for the host that we connect to.
        case full
        /// Its issuers and dates, for whatever host it is.
        case chain
        /// Nothing: anybody in between can read and change everything. For trying things out.
        case none
    }

    /// The oldest protocol to speak.
    public enum Version: String, Sendable, Decodable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    public var trust: Trust
    /// Our certificate and its key, files in PEM, if the broker asks for one. The certificate's file may hold its issuers behind it.
    public var certificate: String?
    public var key: String?
    /// What the key's file is encrypted with.
    public var keyPassword: String?
    /// The name that the broker's certificate has to be for, and that is asked for in the handshake (SNI); `nil` for the broker's host.
    public var serverName: String?
    public var verification: Verification
    /// Protocols offered in the handshake (ALPN), the most wanted first, such as `mqtt` or `x-amzn-mqtt-ca`. Each has 1 to 255 bytes.
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

    /// Why these cannot be, whatever is in the files; `nil` if they can.
    public var problem: String? {
        if (certificate == nil) != (key == nil) { return "a certificate needs its key, and a key its certificate" }
        if keyPassword != nil, key == nil { return "there is a password for a key, but no key" }
        if applicationProtocols.contains(where: { !(1...255).contains($0.utf8.count) }) {
            return "a protocol of ALPN has 1 to 255 bytes"
        }
        return nil
    }
}
