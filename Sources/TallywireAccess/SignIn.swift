import TallywireCore

/// Makes tokens for users who show a name and a password.
///
/// The caller limits how often passwords may be tried. This protocol only says whether a password is right.
public protocol SignIn: Sendable {
    /// Returns a token for the user, if the password is right. An unknown name takes as long as a wrong password, and the error is
    /// the same for both.
    func session(user: String, password: String) async throws(SignInFailure) -> Session

    /// Returns another token for the holder of a token that is still valid.
    func renewal(for principal: Principal) throws(SignInFailure) -> Session
}

/// A token that a user signed in for.
public struct Session: Equatable, Sendable {
    public let token: String
    public let expiresAt: Timestamp
    public let role: Role
    /// The user's name, as the token's `sub`.
    public let subject: String

    public init(token: String, expiresAt: Timestamp, role: Role, subject: String) {
        self.token = token
        self.expiresAt = expiresAt
        self.role = role
        self.subject = subject
    }
}

/// Why a sign-in or a renewal is refused.
public enum SignInFailure: Error, Equatable, Sendable {
    /// There is no such user, or the password is wrong.
    case refused
    /// More passwords wait to be checked than may.
    case overloaded
    /// The token cannot be renewed. The reason is meant for its holder.
    case notRenewable(String)
    /// The server cannot sign. The reason is meant for the server's log.
    case unavailable(String)
}
