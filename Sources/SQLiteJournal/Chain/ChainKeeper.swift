import Dispatch
import Foundation
import GRDB
import Logging
import Synchronization
import TallywireEngine

/// Makes the hashes of a journal's events, on a thread of its own, so that the writer does not wait for them.
///
/// The writer hands over what it has committed, and stores with its next commit what was made meanwhile. So a hash costs no flush of
/// its own. What was not stored is made again from the events.
final class ChainKeeper: Sendable {
    /// How many events may wait. The writer then waits too, so that memory is limited.
    private static let waitingLimit = 50_000

    private let pool: DatabasePool
    private let logger: Logger
    private let queue = DispatchQueue(label: "tallywire.journal.chain", qos: .utility)
    private let waiting = Atomic(0)
    /// Used on the queue alone.
    private let chain: Mutex<Result<ChainHash, any Error>>
    private let made: Mutex<Made>

    /// What waits to be stored.
    struct Made: Sendable {
        var kept: [ChainHash] = []
        var head: ChainHash?
    }

    /// Begins with the last hash that is kept, and makes those of the events after it.
    init(_ pool: DatabasePool, logger: Logger) throws {
        self.pool = pool
        self.logger = logger
        let start = try pool.read { db in
            guard let hash = try ChainTable.last(through: .max, db) else {
                throw JournalError(.damaged, "the journal's chain has no beginning: restore a backup")
            }
            return hash
        }
        chain = Mutex(.success(start))
        made = Mutex(Made())
        queue.async { self.work { try self.readAll(&$0, through: .max) } }
    }

    /// Takes events that are committed, in their order.
    func take(_ events: [EventEnvelope]) {
        guard !events.isEmpty else { return }
        let before = waiting.wrappingAdd(events.count, ordering: .relaxed).oldValue
        let hash: @Sendable () -> Void = {
            defer { self.waiting.wrappingSubtract(events.count, ordering: .relaxed) }
            self.work { try self.hash(events, &$0) }
        }
        if before > Self.waitingLimit { queue.sync(execute: hash) } else { queue.async(execute: hash) }
    }

    /// The hash of all events that were taken before. Throws ``JournalError`` if an event could not be read.
    func head() async throws -> ChainHash {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: self.chain.withLock { $0 }) }
        }
    }

    /// Waits until everything that was taken is hashed.
    func finish() { queue.sync {} }

    // MARK: Storing

    func takeMade() -> Made {
        made.withLock { made in
            defer { made = Made() }
            return made
        }
    }

    /// What could not be stored waits again.
    func putBack(_ old: Made) {
        made.withLock { $0 = Made(kept: old.kept + $0.kept, head: $0.head ?? old.head) }
    }

    static func store(_ made: Made, _ db: Database) throws {
        for hash in made.kept { try ChainTable.keep(hash, db) }
        if let head = made.head { try ChainTable.setHead(head, db) }
    }

    // MARK: Hashing, on the queue

    private func work(_ body: (inout ChainHash) throws -> Void) {
        guard case .success(var hash) = chain.withLock({ $0 }) else { return }
        do {
            try body(&hash)
            let head = hash
            chain.withLock { $0 = .success(head) }
            made.withLock { $0.head = head }
        } catch {
            chain.withLock { $0 = .failure(error) }
            logger.error(
                "The hashes of the journal's events cannot be made any more. Nothing else is affected. Run “tallywire audit”.",
                metadata: ["error": "\(error)"])
        }
    }

    private func hash(_ events: [EventEnvelope], _ hash: inout ChainHash) throws {
        guard let first = events.first, let last = events.last, last.seq > hash.seq else { return }
        if first.seq > hash.seq + 1 { try readAll(&hash, through: first.seq - 1) }
        for event in events where event.seq == hash.seq + 1 {
            hash.append(event.json)
            keepIfDue(hash)
        }
    }

    /// Reads events that were not handed over. Retention may be faster: then it has made the hash where it ended.
    private func readAll(_ hash: inout ChainHash, through end: UInt64) throws {
        while hash.seq < end {
            let before = hash.seq
            hash = try pool.read { [hash] db in
                var hash = hash
                if try Meta.first(db) > hash.seq + 1 { hash = try ChainTable.last(through: try Meta.first(db) - 1, db) ?? hash }
                try ChainTable.extend(&hash, through: end, limit: 1_000, db) { keepIfDue($0) }
                return hash
            }
            if hash.seq == before { return }
        }
    }

    private func keepIfDue(_ hash: ChainHash) {
        if hash.seq.isMultiple(of: ChainTable.distance) { made.withLock { $0.kept.append(hash) } }
    }
}
