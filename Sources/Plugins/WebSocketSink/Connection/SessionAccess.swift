import NIOCore
import TallywireCore
import TallywirePipeline

/// Who is at the other end of a connection, and what that allows.
///
/// It decides and acts on nothing: ``RoomSession`` asks it, and ``AccessWatch`` calls for what time brings.
struct SessionAccess {
    let authenticator: any Authenticator
    /// Who it is; `nil` is somebody without a token.
    private(set) var principal: Principal?
    /// The keys that vouched for it.
    private var generation: UInt64
    /// Until when a token has to come, where one is needed.
    private let deadline: NIODeadline
    /// Its place in ``AccessWatch``, which keeps it.
    var place: Int?

    init(_ request: UpgradeRequest, now: NIODeadline) {
        authenticator = request.authenticator
        principal = request.principal
        generation = request.authenticator.generation
        deadline = now + TimeAmount(request.authenticator.deadline)
    }

    /// What should become of the connection.
    enum Verdict: Equatable {
        case stays
        case ends(because: String)
    }

    /// Whether it may do nothing before it has shown a token.
    var isWaiting: Bool { principal == nil && authenticator.anonymousAccess == .nothing }

    /// Whether time or a change of keys can end it.
    var needsWatch: Bool { isWaiting || principal?.validUntil != nil || principal?.key != nil }

    var isAdmin: Bool { principal?.role == .admin }

    /// Whether it may be where `role` is needed.
    func permits(_ role: Role?) -> Bool {
        guard let role else { return !isWaiting }
        return principal?.covers(role) ?? false
    }

    /// Takes another token in place of what it had. If that is not good, nothing changes.
    mutating func renew(_ token: String) throws(AuthenticationFailure) {
        let generation = authenticator.generation
        principal = try authenticator.principal(bearingIfAny: token)
        self.generation = generation
    }

    /// Looks at the time and the keys.
    mutating func judge(now: NIODeadline) -> Verdict {
        guard let principal else {
            guard isWaiting, now >= deadline else { return .stays }
            return .ends(because: "no token came in time")
        }
        if authenticator.isExpired(principal) { return .ends(because: "the token has expired") }
        let current = authenticator.generation
        guard generation != current else { return .stays }
        generation = current
        return authenticator.trusts(principal) ? .stays : .ends(because: "the token's key is trusted no more")
    }
}
