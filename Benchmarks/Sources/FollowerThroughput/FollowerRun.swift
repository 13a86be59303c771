import EngineWorkload
import Foundation
import SQLiteJournal
import Synchronization
import TallywireCluster
import TallywireEngine
import TallywireTesting

/// A follower over a new journal, which applies the entries of what an engine committed.
struct FollowerRun {
    /// How long it took, in seconds.
    struct Duration {
        /// From the first entry's bytes to the last commit.
        var seconds: Double
        /// Of that, turning the bytes of entries into entries, and the journal's commits.
        var reading: Double
        var storing: Double
    }

    /// The events of the measured entries.
    let events: Int
    /// The entries of the catalogue, and those that are measured, as they stand in the log.
    private let (preparation, entries): ([[UInt8]], [[UInt8]])
    private let folder: String
    private let codec = LogEntryCodec()

    init(_ recording: EngineRun.Recording, folder: String) throws {
        self.folder = folder
        let codec = codec
        var writer = LogWriter(node: "a", term: Term(1), head: LogHead(), makeID: { UUID().uuidString })
        func bytes(_ batches: [JournalBatch]) throws -> [[UInt8]] {
            try batches.map { batch in
                let entry = writer.entry(.batch(LogBatch(batch)))
                writer.written(entry)
                return try codec.encode(entry)
            }
        }
        preparation = try bytes(recording.preparation)
        entries = try bytes(recording.workload)
        events = recording.workload.reduce(0) { $0 + $1.events.count }
    }

    func measure() throws -> Duration {
        let path = folder + "/tallywire-follower-\(UUID().uuidString).db"
        defer {
            for suffix in ["", "-wal", "-shm", ".lock", ".mark"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        }
        let clock = ContinuousClock()
        let storing = Mutex(0.0)
        let sqlite = try SQLiteJournal(path: path, configuration: .init(epoch: "bench", durability: .normal))
        let journal = ForwardingJournal(
            sqlite,
            appending: { batch, journal in
                let start = clock.now
                try journal.append(batch)
                storing.withLock { $0 += (clock.now - start) / .seconds(1) }
            })
        let state = try journal.load()
        var applier = Applier(state: state, journal: journal, feed: Feed(journal: journal, head: state.seq))
        var index: UInt64 = 0
        var reading = 0.0
        func apply(_ bytes: [UInt8]) throws {
            index += 1
            let start = clock.now
            let entry = try codec.decode(bytes, at: index)
            reading += (clock.now - start) / .seconds(1)
            try applier.apply(entry)
        }
        for bytes in preparation { try apply(bytes) }
        reading = 0
        storing.withLock { $0 = 0 }
        let start = clock.now
        for bytes in entries { try apply(bytes) }
        let seconds = (clock.now - start) / .seconds(1)
        try sqlite.close()
        return Duration(seconds: seconds, reading: reading, storing: storing.withLock { $0 })
    }
}
