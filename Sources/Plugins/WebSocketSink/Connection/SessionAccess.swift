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

/// Ends the connections of one event loop whose token has expired, whose key was withdrawn, or that did not show a token in time.
///
/// It looks once a second, at all of them only if there is a reason to: the first of them is due, or the keys have changed.
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

    /// Sessions that it looks after.
    var count: Int { sessions.count }

    /// Looks after the session from now on, or goes on with what it has become.
    func add(_ session: RoomSession) {
        remove(session)
        guard session.access.needsWatch else { return }
        session.access.place = sessions.count
        sessions.append(session)
        if session.access.isWaiting { waiting += 1 }
        if let due = session.access.principal?.validUntil { earliest = min(earliest ?? due, due) }
        if clock == nil { start(session.access.authenticator.generation) }
        // The keys may have changed since it was admitted, and its time may have come.
        session.judge(now: loop.now)
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

    /// Ends what has to end.
    func look() {
        guard let authenticator = sessions.first?.access.authenticator else { return }
        let current = authenticator.generation
        let isDue = earliest.map { $0 <= authenticator.now } ?? false
        guard isDue || waiting > 0 || current != generation else { return }
        generation = current
        // A session that ends leaves the list; the copy keeps what is iterated.
        for session in sessions { session.judge(now: loop.now) }
        earliest = sessions.lazy.compactMap(\.access.principal?.validUntil).min()
    }
}
