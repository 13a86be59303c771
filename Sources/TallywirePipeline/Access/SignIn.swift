import TallywireCore

/// Lets people in who show a name and a password, by making them a token.
///
/// Whoever talks to callers limits how often they may try; this only says whether a password is right.
public protocol SignIn: Sendable {
    /// A token for the user, if the password is right. It takes as long for a name that nobody has as for a wrong password, and says the
    /// same of both.
    func session(user: String, password: String) async throws(SignInFailure) -> Session

    /// Another token for whoever has one that is still good.
    func renewal(for principal: Principal) throws(SignInFailure) -> Session
}

/// A token that somebody signed in for.
public struct Session: Equatable, Sendable {
    public let token: String
    public let expiresAt: Timestamp
    public let role: Role
    /// Who it is.
    public let subject: String

    public init(token: String, expiresAt: Timestamp, role: Role, subject: String) {
        self.token = token
        self.expiresAt = expiresAt
        self.role = role
        self.subject = subject
    }
}

/// Why somebody gets no session.
public enum SignInFailure: Error, Equatable, Sendable {
    /// There is no such user, or the password is another.
    case refused
    /// More passwords wait to be looked at than may.
    case overloaded
    /// The token is not one that can be renewed; the reason is for whoever shows it.
    case notRenewable(String)
    /// The server cannot sign; the reason is for its log.
    case unavailable(String)
}
