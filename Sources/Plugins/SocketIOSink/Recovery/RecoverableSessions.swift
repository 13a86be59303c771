import DequeModule
import Dispatch
import Logging
import NIOCore
import Synchronization
import TallywirePipeline

/// What a client that comes back cannot say itself: in which rooms it was, and where it began. Known by the client's `pid`, also
/// after a restart of the server.
///
/// The file has one line for each change, written by one queue in the order of the changes. A line survives the end of the process
/// but not a power cut, after which clients begin anew. If the file cannot be written, it is removed: then no client is told after a
/// restart that it was recovered although its rooms are not known.
///
/// Safe from any thread.
final class RecoverableSessions: Sendable {
    /// One client.
    struct Session: Equatable, Sendable {
        /// The last event before the client came.
        var seq: UInt64
        /// The rooms that it joined, by name.
        var rooms: [String] = []
    }

    /// A client, the number of times that it came, and since when it is away; `nil` while it is here.
    private struct Entry {
        var session: Session
        var lost: NIODeadline?
        var visit = 1
    }

    /// How a client is named that is here: a client may come again before the server notices that it was away.
    struct Visit: Equatable, Sendable {
        let pid: String
        fileprivate let number: Int
    }

    private struct State {
        var sessions: [String: Entry] = [:]
        /// Clients that were lost, the first at the front. Those that came back since are passed over.
        var lost: Deque<(pid: String, at: NIODeadline)> = []
    }

    /// How long a client that was lost is remembered.
    let keep: TimeAmount
    /// How many lost clients are remembered.
    let limit: Int
    private let state = Mutex(State())
    private let log = Mutex<SessionLog?>(nil)
    private let queue = DispatchQueue(label: "tallywire.socket.io.sessions")

    init(keep: TimeAmount, limit: Int) {
        self.keep = keep
        self.limit = limit
    }

    /// Reads what an earlier run knew. The time of its clients begins now.
    func start(_ file: SourceFile?, logger: Logger, now: NIODeadline) throws {
        guard let file else { return }
        let known = try SessionLog.read(file).prefix(limit)
        let log = try SessionLog(file, sessions: known.map { ($0.key, $0.value) }, logger: logger)
        state.withLock { state in
            for (pid, session) in known {
                state.sessions[pid] = Entry(session: session, lost: now)
                state.lost.append((pid, now))
            }
        }
        self.log.withLock { $0 = log }
    }

    /// Remembers a new client, and names it.
    func begin(at seq: UInt64, now: NIODeadline) -> Visit {
        let pid = EngineHandshake.newID()
        let session = Session(seq: seq)
        let old = state.withLock { state in
            state.sessions[pid] = Entry(session: session)
            return forgetOld(&state, now: now)
        }
        _ = write(pid, session)
        end(old)
        return Visit(pid: pid, number: 1)
    }

    /// The client with this `pid`, which comes back; `nil` if it is not known or was away for too long.
    func comeBack(_ pid: String, now: NIODeadline) -> (session: Session, visit: Visit)? {
        let (found, old): (Entry?, [String]) = state.withLock { state in
            let old = forgetOld(&state, now: now)
            let found = state.sessions[pid]
            state.sessions[pid]?.lost = nil
            state.sessions[pid]?.visit += 1
            return (found, old)
        }
        end(old)
        return found.map { ($0.session, Visit(pid: pid, number: $0.visit + 1)) }
    }

    /// Remembers the client's rooms. The future succeeds once they survive the end of the process.
    func remember(_ rooms: [String], of visit: Visit?, on loop: any EventLoop) -> EventLoopFuture<Void> {
        guard let pid = visit?.pid else { return loop.makeSucceededVoidFuture() }
        let session: Session? = state.withLock { state in
            state.sessions[pid]?.session.rooms = rooms
            return state.sessions[pid]?.session
        }
        guard let session else { return loop.makeSucceededVoidFuture() }
        let promise = loop.makePromise(of: Void.self)
        if !write(pid, session, { promise.succeed() }) { promise.succeed() }
        return promise.futureResult
    }

    /// The client is away, and may come back.
    func lose(_ visit: Visit, now: NIODeadline) {
        let old: [String] = state.withLock { state in
            guard state.sessions[visit.pid]?.visit == visit.number else { return [] }
            state.sessions[visit.pid]?.lost = now
            state.lost.append((visit.pid, now))
            return forgetOld(&state, now: now)
        }
        end(old)
    }

    /// The client has said goodbye.
    func forget(_ pid: String) {
        guard state.withLock({ $0.sessions.removeValue(forKey: pid) }) != nil else { return }
        _ = write(pid, nil)
    }

    /// How many clients are remembered.
    var count: Int { state.withLock { $0.sessions.count } }

    /// Closes the file, once all changes are written.
    func stop() {
        queue.sync { log.withLock { $0 = nil } }
    }

    /// Forgets the clients that were away for too long. Returns who they were, for ``end(_:)``.
    private func forgetOld(_ state: inout State, now: NIODeadline) -> [String] {
        var old: [String] = []
        while let first = state.lost.first, first.at + keep <= now || state.lost.count > limit {
            state.lost.removeFirst()
            // The client may have come back, and been lost again, since.
            guard state.sessions[first.pid]?.lost == first.at else { continue }
            state.sessions[first.pid] = nil
            old.append(first.pid)
        }
        return old
    }

    /// Writes that clients are forgotten. Not called while ``state`` is locked: whoever writes the file anew holds the lock of the file
    /// and takes that of the state.
    private func end(_ forgotten: [String]) { for pid in forgotten { _ = write(pid, nil) } }

    /// Writes a change behind those before it. Returns whether there is a file.
    private func write(_ pid: String, _ session: Session?, _ done: (@Sendable () -> Void)? = nil) -> Bool {
        guard log.withLock({ $0 != nil }) else { return false }
        queue.async { [self] in
            log.withLock { log in
                log?.append(pid, session) { state.withLock { $0.sessions.map { ($0.key, $0.value.session) } } }
            }
            done?()
        }
        return true
    }
}
