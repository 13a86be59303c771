import Crypto
import Dispatch
import Foundation
import Synchronization
import TallywireAccess
import TallywireCore

/// Signs users in whose names and password hashes are in plugins.json.
public final class PasswordSignIn: SignIn {
    /// A user who may sign in.
    public struct User: Sendable {
        public var name: String
        public var password: PasswordHash
        public var role: Role

        public init(name: String, password: PasswordHash, role: Role) {
            self.name = name
            self.password = password
            self.role = role
        }
    }

    /// How long tokens are valid.
    public struct Times: Equatable, Sendable {
        /// How long a token is valid without renewal.
        public var session: Duration
        /// How long a user stays signed in, however often the token is renewed.
        public var limit: Duration

        public init(session: Duration = .seconds(8 * 3600), limit: Duration = .seconds(7 * 86_400)) {
            self.session = session
            self.limit = limit
        }
    }

    /// How many passwords may wait to be checked. One takes a good part of a second, so the last of them waits for seconds.
    public static let mostWaiting = 16

    private let users: [String: User]
    private let decoy: PasswordHash
    private let authenticator: JWTAuthenticator
    private let audience: String?
    private let times: Times
    /// Passwords are checked one by one: each needs tens of megabytes and a whole processor, which other work needs too.
    private let queue = DispatchQueue(label: "tallywire.passwords", qos: .userInitiated)
    private let waiting = Atomic(0)

    /// `users` are found by name; of two with one name the last counts. Tokens are signed with the keys that `authenticator` trusts
    /// at that time.
    public init(users: [User], authenticator: JWTAuthenticator, audience: String? = nil, times: Times = Times()) {
        self.users = Dictionary(users.map { ($0.name, $0) }) { $1 }
        // Unknown names are hashed at the highest cost in use, so timing does not reveal which names exist.
        let costs = users.map(\.password.costs).max { $0.work < $1.work } ?? PasswordHash.Costs()
        decoy = PasswordHash(costs: costs, salt: Array(repeating: 7, count: 16), key: Array(repeating: 0, count: 32))
        self.authenticator = authenticator
        self.audience = audience
        self.times = times
    }

    public func session(user name: String, password: String) async throws(SignInFailure) -> Session {
        guard waiting.wrappingAdd(1, ordering: .relaxed).newValue <= Self.mostWaiting else {
            waiting.wrappingSubtract(1, ordering: .relaxed)
            throw .overloaded
        }
        defer { waiting.wrappingSubtract(1, ordering: .relaxed) }
        let user = users[name]
        let hash = user?.password ?? decoy
        let isRight = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: hash.matches(password)) }
        }
        guard isRight, let user else { throw .refused }
        let now = authenticator.now
        return try session(of: user, signedInAt: now, now: now)
    }

    public func renewal(for principal: Principal) throws(SignInFailure) -> Session {
        guard let signedInAt = principal.signedInAt else {
            throw .notRenewable("the token was not made by signing in, so it cannot be renewed")
        }
        guard let user = users[principal.subject], user.role == principal.role else {
            throw .notRenewable("this user may not sign in any more, or has another role now")
        }
        guard principal.password == KeyIdentity(digest: user.password.fingerprint) else {
            throw .notRenewable("the password was changed since: sign in again")
        }
        return try session(of: user, signedInAt: signedInAt, now: authenticator.now)
    }

    private func session(of user: User, signedInAt: Timestamp, now: Timestamp) throws(SignInFailure) -> Session {
        let end = min(now.adding(times.session), signedInAt.adding(times.limit))
        guard end.milliseconds - now.milliseconds > 1_000 else {
            throw .notRenewable("this session has been renewed for as long as it may: sign in again")
        }
        var claims = TokenSigner.Claims(
            role: user.role, subject: user.name, device: user.role == .device ? user.name : nil, audience: audience, issuedAt: now,
            expiresAt: end, signedInAt: signedInAt)
        claims.password = user.password.fingerprint
        do {
            let token = try authenticator.signer().sign(claims)
            return Session(
                token: token, expiresAt: Timestamp(milliseconds: end.milliseconds / 1000 * 1000), role: user.role,
                subject: user.name)
        } catch {
            throw .unavailable("no token can be signed: \(error)")
        }
    }
}

extension PasswordHash {
    /// Identifies this hash among others. The password cannot be guessed from it, since the salt is not known.
    fileprivate var fingerprint: [UInt8] { Array(SHA256.hash(data: Data(description.utf8)).prefix(16)) }
}

extension Timestamp {
    fileprivate func adding(_ duration: Duration) -> Timestamp {
        Timestamp(milliseconds: milliseconds + duration.components.seconds * 1000)
    }
}
