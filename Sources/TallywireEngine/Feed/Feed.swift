import DequeModule
import Synchronization
import TallywireCore

/// The committed events as an endless sequence that any number of readers follow, each from its own position.
///
/// A ring in memory holds the recent past, and the journal everything older. A reader does not notice the difference. A reader that
/// is slow or stopped costs the feed nothing but its position: it never holds up the writer or another reader.
///
/// Safe from any thread and task.
public final class Feed: EventHistory {
    /// How much of the recent past is kept in memory.
    public struct Capacity: Equatable, Sendable {
        /// Events.
        public var events: Int
        /// Bytes of their JSON.
        public var bytes: Int

        public init(events: Int = 65_536, bytes: Int = 64 << 20) {
            self.events = events
            self.bytes = bytes
        }
    }

    fileprivate struct State {
        /// Contiguous, the last event is `head`.
        var ring: Deque<EventEnvelope> = []
        var bytes = 0
        var head: UInt64
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
        var isClosed = false
    }

    private let journal: any Journal
    private let capacity: Capacity
    private let state: Mutex<State>

    /// A feed of `journal`, whose last event has the number `head`.
    public init(journal: any Journal, head: UInt64, capacity: Capacity = Capacity()) {
        self.journal = journal
        self.capacity = capacity
        self.state = Mutex(State(head: head))
    }

    /// The number of the last committed event.
    public var head: UInt64 { state.withLock { $0.head } }

    /// Whether the feed has ended: readers get the remaining events, and no more are published.
    public var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Publishes events that were just committed, in order and without a gap. Only the engine calls this, and on a node that follows
    /// another one, what applies that one's events.
    package func publish(_ events: [EventEnvelope]) {
        guard let last = events.last else { return }
        let waiters = state.withLock { state in
            state.ring.append(contentsOf: events)
            for event in events { state.bytes += event.json.count }
            while state.ring.count > capacity.events || (state.bytes > capacity.bytes && state.ring.count > 1) {
                state.bytes -= state.ring.removeFirst().json.count
            }
            state.head = last.seq
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends the feed: readers get the remaining events, and then `nil`.
    public func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns the events after `seq`, and waits until there is at least one: at most `limit`, and after the first at most
    /// `maxBytes` of JSON.
    ///
    /// Returns `nil` once the feed is closed and read to its end, or when the calling task is cancelled. Throws what the journal
    /// throws. ``JournalError/Code/pruned`` says that `seq` lies before the first event that is kept.
    public func next(after seq: UInt64, limit: Int = 1_000, maxBytes: Int = 1 << 20) async throws -> [EventEnvelope]? {
        while !Task.isCancelled {
            switch look(after: seq, limit: limit, maxBytes: maxBytes) {
            case .events(let events): return events
            case .older: return try await journal.events(after: seq, limit: limit, maxBytes: maxBytes)
            case .ended: return nil
            case .nothingYet: await wait(for: seq)
            }
        }
        return nil
    }

    public func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope] {
        switch look(after: seq, limit: limit, maxBytes: maxBytes) {
        case .events(let events): events
        case .older: try await journal.events(after: seq, limit: limit, maxBytes: maxBytes)
        case .nothingYet, .ended: []
        }
    }

    /// When the event `seq` was committed, if that event is still in memory.
    public func timestamp(of seq: UInt64) -> Timestamp? {
        state.withLock { state in
            guard let first = state.ring.first, seq >= first.seq, seq <= state.head else { return nil }
            return state.ring[Int(seq - first.seq)].timestamp
        }
    }

    private enum Look {
        case events([EventEnvelope])
        /// The events have to be read from the journal.
        case older
        case nothingYet
        case ended
    }

    private func look(after seq: UInt64, limit: Int, maxBytes: Int) -> Look {
        state.withLock { state in
            guard seq < state.head else { return state.isClosed ? .ended : .nothingYet }
            guard let first = state.ring.first, first.seq <= seq + 1 else { return .older }
            var index = Int(seq + 1 - first.seq)
            var events: [EventEnvelope] = []
            events.reserveCapacity(min(limit, state.ring.count - index))
            var bytes = 0
            while index < state.ring.count, events.count < limit {
                let event = state.ring[index]
                bytes += event.json.count
                if !events.isEmpty && bytes > maxBytes { break }
                events.append(event)
                index += 1
            }
            return .events(events)
        }
    }

    /// Waits until an event after `seq` is committed, the feed is closed or the task is cancelled.
    private func wait(for seq: UInt64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.head > seq || state.isClosed || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}

extension Feed.State {
    fileprivate mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
        defer { waiters.removeAll(keepingCapacity: true) }
        return Array(waiters.values)
    }
}
