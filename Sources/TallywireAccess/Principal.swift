import TallywireCore

/// A caller whose token was accepted.
public struct Principal: Equatable, Sendable {
    public let role: Role
    /// The token's `sub`.
    public let subject: String
    /// The one device for which the caller acts; `nil` if the caller is not bound to a device.
    public let device: String?
    /// When the principal expires; `nil` if it does not.
    public let validUntil: Timestamp?
    /// When the caller signed in with a password; `nil` if its token came in another way.
    public let signedInAt: Timestamp?
    /// The identity of the password hash with which the caller signed in; `nil` if its token came in another way.
    public let password: KeyIdentity?
    /// The key that signed the token; `nil` if none was needed.
    public let key: KeyIdentity?

    public init(
        role: Role, subject: String, device: String? = nil, validUntil: Timestamp? = nil, signedInAt: Timestamp? = nil,
        password: KeyIdentity? = nil, key: KeyIdentity? = nil
    ) {
        self.role = role
        self.subject = subject
        self.device = device
        self.validUntil = validUntil
        self.signedInAt = signedInAt
        self.password = password
        self.key = key
    }

    /// Every caller of an open server: an admin without expiry.
    public static let anybody = Principal(role: .admin, subject: "anybody")

    /// Whether the principal may do what needs any of `roles`.
    public func covers(_ roles: Role...) -> Bool { roles.contains { role.covers($0) } }

    /// Whether the principal may act for `device`.
    public func mayAct(for device: String) -> Bool { self.device == nil || self.device == device }
}

/// Identifies a key without containing it: two keys with the same identity have the same material, algorithm and name.
public struct KeyIdentity: Hashable, Sendable {
    private let digest: SIMD2<UInt64>

    /// The first sixteen bytes of a digest over everything that makes up the key. Missing bytes count as zeros.
    public init(digest: some Sequence<UInt8>) {
        var halves = SIMD2<UInt64>.zero
        for (index, byte) in digest.prefix(16).enumerated() { halves[index / 8] = halves[index / 8] << 8 | UInt64(byte) }
        self.digest = halves
    }
}

/// What the name of a device may be: it has to fit into one level of an MQTT topic, and into a movement's source.
public enum DeviceName {
    /// The most characters.
    public static let length = Limits.deviceLength

    /// What is wrong with `name`; `nil` if nothing is.
    public static func mistake(in name: String) -> String? { Command.mistake(inDevice: name) }
}
