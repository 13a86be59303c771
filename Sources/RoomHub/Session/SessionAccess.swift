import HTTPEndpoints
import NIOCore
import TallywireAccess
import TallywireCore

/// Who the client of a connection is, and what that client may do.
///
/// The type only decides: ``RoomSession`` asks it, and ``AccessWatch`` asks when time has passed.
package struct SessionAccess: Sendable {
    package let authenticator: any Authenticator
    /// The client's principal; `nil` for a client without a token.
    package private(set) var principal: Principal?
    /// The generation of the keys that vouched for the principal.
    private var generation: UInt64
    /// Until when a token has to come, if one is needed.
    private let deadline: NIODeadline
    /// The session's index in ``AccessWatch``, which sets it.
    var place: Int?

    package init(_ request: UpgradeRequest, now: NIODeadline) {
        authenticator = request.authenticator
        principal = request.principal
        generation = request.authenticator.generation
        deadline = now + TimeAmount(request.authenticator.deadline)
    }

    /// Whether the connection stays or ends.
    enum Validity: Equatable {
        case stays
        case ends(because: String)
    }

    /// Whether the client may do nothing before it has shown a token.
    package var isWaiting: Bool { principal == nil && authenticator.anonymousAccess == .nothing }

    /// Whether time or a change of keys can end the connection.
    var needsWatch: Bool { isWaiting || principal?.validUntil != nil || principal?.key != nil }

    var isAdmin: Bool { principal?.role == .admin }

    /// Whether the client may use what needs `role`.
    package func permits(_ role: Role?) -> Bool {
        guard let role else { return !isWaiting }
        return principal?.covers(role) ?? false
    }

    /// Takes another token in place of the last one. If the new token is not valid, nothing changes.
    mutating func renew(_ token: String) throws(AuthenticationFailure) {
        let generation = authenticator.generation
        principal = try authenticator.principal(bearingIfAny: token)
        self.generation = generation
    }

    /// Checks the time and the keys.
    mutating func check(now: NIODeadline) -> Validity {
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

/// Ends the connections of one event loop whose token has expired, whose key was withdrawn, or that did not show a token in time.
///
/// The watch ticks once a second. It checks its sessions only if there is a reason: the first token is due, a session waits for a
/// token, or the keys have changed.
final class AccessWatch {
    static let period = TimeAmount.seconds(1)

    private let loop: any EventLoop
    private var sessions: [RoomSession] = []
    private var waiting = 0
    /// When the first token expires.
    private var earliest: Timestamp?
    private var generation: UInt64 = 0
    private var clock: RepeatedTask?

    init(loop: any EventLoop) { self.loop = loop }

    /// How many sessions are watched.
    var count: Int { sessions.count }

    /// Watches the session from now on, by its current access.
    func add(_ session: RoomSession) {
        remove(session)
        guard session.access.needsWatch else { return }
        session.access.place = sessions.count
        sessions.append(session)
        if session.access.isWaiting { waiting += 1 }
        if let due = session.access.principal?.validUntil { earliest = min(earliest ?? due, due) }
        if clock == nil { start(session.access.authenticator.generation) }
        // The keys may have changed since the session was admitted, and its token may have expired.
        session.endIfTokenEnded(now: loop.now)
    }

    func remove(_ session: RoomSession) {
        guard let place = session.access.place else { return }
        session.access.place = nil
        if session.access.isWaiting { waiting -= 1 }
        let last = sessions.removeLast()
        if last !== session {
            sessions[place] = last
            last.access.place = place
        }
        guard sessions.isEmpty else { return }
        clock?.cancel()
        clock = nil
        earliest = nil
    }

    private func start(_ generation: UInt64) {
        self.generation = generation
        let bound = NIOLoopBound(self, eventLoop: loop)
        clock = loop.scheduleRepeatedTask(initialDelay: Self.period, delay: Self.period) { _ in bound.value.look() }
    }

    /// Ends the connections that have to end.
    func look() {
        guard let authenticator = sessions.first?.access.authenticator else { return }
        let current = authenticator.generation
        let isDue = earliest.map { $0 <= authenticator.now } ?? false
        guard isDue || waiting > 0 || current != generation else { return }
        generation = current
        // A session that ends leaves the list; iterating over the copy is safe.
        for session in sessions { session.endIfTokenEnded(now: loop.now) }
        earliest = sessions.lazy.compactMap(\.access.principal?.validUntil).min()
    }
}
