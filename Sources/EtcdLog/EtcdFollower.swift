import DequeModule
import TallywireCluster

/// Reads entries up to the end of the log, and then watches for more. It works only while somebody asks for the next entry.
actor EtcdFollower {
    private let log: EtcdLog
    /// The last entry that was read.
    private var index: UInt64
    private var ready: Deque<LogEntry> = []
    /// `nil` until the end of the log was seen.
    private var watch: EtcdWatch?

    init(_ log: EtcdLog, after index: UInt64, watch: EtcdWatch? = nil) {
        self.log = log
        self.index = index
        self.watch = watch
    }

    /// The next entry; `nil` if the task is cancelled.
    func next() async throws -> LogEntry? {
        do {
            while !Task.isCancelled {
                if let entry = ready.popFirst() { return entry }
                if let watch { try take(try await watch.next()) } else { try await read() }
            }
            return nil
        } catch {
            watch = nil
            if Task.isCancelled { return nil }
            throw error
        }
    }

    private func read() async throws {
        let page = try await log.page(after: index, limit: log.largestPage)
        page.entries.forEach(note)
        guard index >= page.head.index else { return }
        // What the look has seen is read, and what came later begins with the next revision.
        watch = try await log.client.watch(from: log.keys.entry(0), to: log.keys.endOfLog, revision: page.revision + 1)
    }

    private func take(_ answer: Etcd_WatchResponse) throws {
        if answer.canceled {
            watch = nil
            // Revisions that the watch needed were compacted. The entries may still be there.
            guard answer.compactRevision == 0 else { return }
            throw EtcdError(.unavailable, "etcd ended the watch: \(answer.cancelReason)")
        }
        for event in answer.events where event.type == .put {
            let found = try log.keys.index(of: event.kv.key)
            guard found > index else { continue }
            guard found == index + 1 else {
                // Only a new reading tells whether the entries between them were missed or trimmed.
                watch = nil
                return
            }
            note(try log.codec.decode(Array(event.kv.value), at: found))
        }
    }

    private func note(_ entry: LogEntry) {
        index = entry.index
        ready.append(entry)
    }
}
