import Synchronization
import TallywireAccess
import TallywireCore

/// An authenticator for tests: the tokens that it knows stand in a table, and its clock stands still until it is moved.
public final class TableAuthenticator: Authenticator {
    private struct State {
        var principals: [String: Principal]
        var withdrawn: Set<KeyIdentity> = []
        var generation: UInt64 = 1
        var now = Timestamp(milliseconds: 1_795_365_600_000)
        /// Principals whose keys come once they are fetched.
        var late: [String: Principal] = [:]
        var waiting: [@Sendable () -> Void] = []
    }

    private let state: Mutex<State>
    public let anonymousAccess: AnonymousAccess
    public let deadline: Duration

    public init(
        _ principals: [String: Principal] = TableAuthenticator.oneOfEach, anonymousAccess: AnonymousAccess = .reading,
        deadline: Duration = .seconds(10)
    ) {
        state = Mutex(State(principals: principals))
        self.anonymousAccess = anonymousAccess
        self.deadline = deadline
    }

    /// The tokens `admin`, `shop`, and `dock-1`, `dock-2` for two devices; all of one key, valid for an hour.
    public static let oneOfEach: [String: Principal] = {
        let key = KeyIdentity(digest: [1])
        let until = Timestamp(milliseconds: 1_795_365_600_000 + 3_600_000)
        return [
            "admin": Principal(role: .admin, subject: "admin", validUntil: until, key: key),
            "shop": Principal(role: .shop, subject: "shop", validUntil: until, key: key),
            "dock-1": Principal(role: .device, subject: "dock-1", device: "dock-1", validUntil: until, key: key),
            "dock-2": Principal(role: .device, subject: "dock-2", device: "dock-2", validUntil: until, key: key),
        ]
    }()

    /// Moves the clock.
    public func advance(by seconds: Int64) {
        state.withLock { $0.now = Timestamp(milliseconds: $0.now.milliseconds + seconds * 1000) }
    }

    /// Trusts a key no more; nothing tells those who hold connections but the generation.
    public func withdraw(_ key: KeyIdentity) {
        state.withLock { state in
            state.withdrawn.insert(key)
            state.generation += 1
        }
    }

    /// Lets the keys change without any going.
    public func reload() { state.withLock { $0.generation += 1 } }

    /// Takes the keys of these tokens as such that have to be fetched.
    public func await(_ principals: [String: Principal]) { state.withLock { $0.late.merge(principals) { $1 } } }

    /// How many wait for keys.
    public var waiting: Int { state.withLock { $0.waiting.count } }

    /// Lets the keys come, or not.
    public func fetch(succeeds: Bool = true) {
        let waiting = state.withLock { state in
            if succeeds {
                state.principals.merge(state.late) { $1 }
                state.late = [:]
            }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter() }
    }

    // MARK: Authenticator

    public func askForKeys(then: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard !state.late.isEmpty else { return false }
            state.waiting.append(then)
            return true
        }
    }

    public var generation: UInt64 { state.withLock { $0.generation } }
    public var now: Timestamp { state.withLock { $0.now } }

    public func principal(bearing token: String) throws(AuthenticationFailure) -> Principal {
        let (found, isLate) = state.withLock { ($0.principals[token], $0.late[token] != nil) }
        guard let principal = found else {
            if isLate { throw AuthenticationFailure(.keysUnavailable, "the token's key has not come", awaitsKeys: true) }
            throw AuthenticationFailure(.signature, "this token is not in the table")
        }
        if isExpired(principal) { throw AuthenticationFailure(.expired, "the token has expired") }
        guard trusts(principal) else { throw AuthenticationFailure(.unknownKey, "the token's key is not known here") }
        return principal
    }

    public func trusts(_ principal: Principal) -> Bool {
        state.withLock { state in principal.key.map { !state.withdrawn.contains($0) } ?? true }
    }
}
