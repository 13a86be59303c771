import TallywireCore

/// A caller that has shown who it is.
public struct Principal: Equatable, Sendable {
    public let role: Role
    /// Who it is, as the token's `sub` has it.
    public let subject: String
    /// The one device that it acts for; `nil` if it is not bound to one.
    public let device: String?
    /// From then on it is nobody; `nil` for one that does not expire.
    public let validUntil: Timestamp?
    /// When it signed in with a password; `nil` if its token came in another way.
    public let signedInAt: Timestamp?
    /// The password with which it did, without the password; `nil` if its token came in another way.
    public let password: KeyIdentity?
    /// The key that vouches for it; `nil` if none had to.
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

    /// Everybody on a server that is open: an admin for ever.
    public static let anybody = Principal(role: .admin, subject: "anybody")

    /// Whether it may do what is for any of `roles`.
    public func covers(_ roles: Role...) -> Bool { roles.contains { role.covers($0) } }

    /// Whether it may act for `device`.
    public func mayAct(for device: String) -> Bool { self.device == nil || self.device == device }
}

/// Which key it was, without the key: two keys with the same identity have the same material, algorithm and name.
public struct KeyIdentity: Hashable, Sendable {
    private let digest: SIMD2<UInt64>

    /// The first sixteen bytes of a digest over all that makes the key; fewer count as zeros.
    public init(digest: some Sequence<UInt8>) {
        var halves = SIMD2<UInt64>.zero
        for (index, byte) in digest.prefix(16).enumerated() { halves[index / 8] = halves[index / 8] << 8 | UInt64(byte) }
        self.digest = halves
    }
}

/// What the name of a device may be: what fits into one level of an MQTT topic, and into a movement's source.
public enum DeviceName {
    /// Characters, at most.
    public static let length = Limits.deviceLength

    /// What is wrong with `name`, `nil` if nothing is.
    public static func mistake(in name: String) -> String? { Command.mistake(inDevice: name) }
}
