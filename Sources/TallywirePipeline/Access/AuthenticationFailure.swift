/// Why a token shows nobody. On the wire its code is `unauthenticated`, whatever the reason.
public struct AuthenticationFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind, for counters and tests.
    public let reason: Reason
    /// What is wrong with the token, and what to do: fit for the one who sent it.
    public let message: String

    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    public var description: String { message }

    public enum Reason: String, CaseIterable, Sendable {
        /// There is no token where one is needed.
        case missing
        /// It is not a signed token, or larger than one may be.
        case malformed
        /// It is signed in a way that is not allowed: not at all, or not as its key is for.
        case algorithm
        /// Nobody here knows the key that it names.
        case unknownKey = "unknown_key"
        case signature
        case expired
        case notYetValid = "not_yet_valid"
        case audience
        /// A claim is missing or is not what it should be.
        case claims
        /// It was good, and its key is trusted no more.
        case revoked
    }
}
