import NIOCore
import TallywireCore
import TallywirePipeline

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
