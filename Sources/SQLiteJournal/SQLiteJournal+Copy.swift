import Foundation
import GRDB
import Synchronization
import TallywireEngine

/// What a copy of a journal holds.
public struct JournalCopy: Equatable, Sendable {
    /// The last event.
    public let seq: UInt64
    /// The last entry of a replicated log; see ``/TallywireEngine/Journal/applied()``.
    public let applied: UInt64
    /// The size of the file.
    public let bytes: Int

    /// How far a copy has come.
    public struct Progress: Equatable, Sendable {
        public let bytes: Int
        public let total: Int
    }
}

extension SQLiteJournal {
    /// Copies the journal as it is at this moment to the new file `path`, while it is written and read.
    ///
    /// The copy is one file, closed and on disk when the call returns. A node that opens it under the same
    /// ``Configuration/epoch`` continues after its ``JournalCopy/applied`` entry. Until the copy is whole it has another name, so that
    /// no half of one is ever taken for a journal. `progress` is called after each step, on a thread of the copy's own.
    ///
    /// The pages are copied in small steps with pauses, so that the commits that happen meanwhile wait little. The write-ahead log
    /// grows until the copy is done, by what is committed meanwhile.
    ///
    /// Throws ``JournalError`` if there is a file already or none can be written, and `CancellationError`. Neither leaves a file.
    public func copy(
        to path: String, progress: @escaping @Sendable (JournalCopy.Progress) -> Void = { _ in }
    ) async throws -> JournalCopy {
        try await copy(to: path, pagesPerStep: 128, progress: progress)
    }

    /// The same of the journal at `source`, which another process may have open.
    public static func copy(
        of source: String, to path: String, progress: @escaping @Sendable (JournalCopy.Progress) -> Void = { _ in }
    ) async throws -> JournalCopy {
        guard FileManager.default.fileExists(atPath: source) else {
            throw JournalError(.storage, "there is no journal \(source)")
        }
        return try await copy(of: source, to: path, pagesPerStep: 128, progress: progress)
    }

    /// The same, with so many pages of 8 KiB in a step.
    package func copy(
        to path: String, pagesPerStep: Int32, progress: @escaping @Sendable (JournalCopy.Progress) -> Void = { _ in }
    ) async throws -> JournalCopy {
        try await Self.copy(of: pool.path, to: path, pagesPerStep: pagesPerStep, progress: progress)
    }

    private static func copy(
        of source: String, to path: String, pagesPerStep: Int32, progress: @escaping @Sendable (JournalCopy.Progress) -> Void
    ) async throws -> JournalCopy {
        let copying = Copying(from: source, to: path, pages: pagesPerStep, progress: progress)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue(label: "tallywire.journal.copy", qos: .utility).async {
                    continuation.resume(with: Result { try copying.run() })
                }
            }
        } onCancel: {
            copying.cancel()
        }
    }
}

/// One copy of a journal.
private final class Copying: Sendable {
    /// How long the pause after a step is, measured by the step. With the pause, and with each step on disk before the next, the 99th
    /// percentile of commits meanwhile is below twice that of before; without either it is longer.
    private static let pause = 1.0

    private let source: String
    private let path: String
    private let pages: Int32
    private let progress: @Sendable (JournalCopy.Progress) -> Void
    private let isCancelled = Atomic(false)

    init(from source: String, to path: String, pages: Int32, progress: @escaping @Sendable (JournalCopy.Progress) -> Void) {
        self.source = source
        self.path = path
        self.pages = pages
        self.progress = progress
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    func run() throws -> JournalCopy {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw JournalError(.storage, "there is a file \(path) already, which a copy of the journal does not replace")
        }
        let draft = path + ".part"
        do {
            let copy = try write(draft)
            try CopiedFile.move(draft, to: path)
            return copy
        } catch {
            try? FileManager.default.removeItem(atPath: draft)
            throw error is CancellationError ? error : JournalError(error, path: path)
        }
    }

    private func write(_ draft: String) throws -> JournalCopy {
        try? FileManager.default.removeItem(atPath: draft)
        let file = try CopiedFile(creating: draft)
        var reading = SQLiteJournal.databaseConfiguration(readers: 1)
        reading.label = "tallywire.journal.copy"
        reading.prepareDatabase { db in try db.execute(sql: "PRAGMA query_only = ON; PRAGMA cache_size = -4096") }
        // Half a copy is deleted and never opened, so nothing has to be undone, and the file is flushed here.
        var writing = GRDB.Configuration()
        writing.prepareDatabase { db in try db.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF") }
        let from = try DatabaseQueue(path: source, configuration: reading)
        let to = try DatabaseQueue(path: draft, configuration: writing)
        defer { try? from.close() }
        let position = try from.read { db in
            // The first look begins the transaction in which all pages are read.
            let position = try (seq: Meta.seq(db), applied: Meta.applied(db))
            try to.writeWithoutTransaction { target in try copy(db, to: target, file) }
            return position
        }
        try to.close()
        try file.flush()
        return JournalCopy(seq: position.seq, applied: position.applied, bytes: try file.size())
    }

    private func copy(_ db: Database, to target: Database, _ file: CopiedFile) throws {
        let page = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
        let clock = ContinuousClock()
        var began = clock.now
        try db.backup(to: target, pagesPerStep: pages) { [self] step in
            progress(JournalCopy.Progress(bytes: step.completedPageCount * page, total: step.totalPageCount * page))
            if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
            // The last step is flushed with the end of the file.
            guard !step.isCompleted else { return }
            try file.flush()
            Thread.sleep(forTimeInterval: (clock.now - began) / .seconds(1) * Self.pause)
            began = clock.now
        }
    }
}
