import Dispatch
import Foundation
import Logging
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Writes the log. It knows how far the log has come, how much of it is on disk, and how to get back to the last whole line.
///
/// The writer runs on a queue of its own, since file systems block.
actor LogWriter {
    private let options: JSONLogOptions
    private let operations: FileOperations
    private let executor: QueueExecutor
    private var epoch = ""
    private var logger = Logger(label: "json-log", factory: { _ in SwiftLogNoOpLogHandler() })
    private var file: LogFile?
    /// The last event in the log. An event up to this one is in the log already, however often it is offered.
    private var lastSeq: UInt64 = 0
    /// What is known to be on disk: the size of the current file, and the last event in this file or an earlier one.
    private var flushed = Flushed(size: 0, seq: 0)
    /// After a failed flush the bytes after ``flushed`` are uncertain. They have to be removed before anything is appended.
    private var mustForget = false
    private var isFlushPlanned = false

    private struct Flushed {
        var size: Int
        var seq: UInt64
    }

    /// The most bytes in one write.
    private static let chunk = 1 << 20

    init(_ options: JSONLogOptions, operations: FileOperations) {
        self.options = options
        self.operations = operations
        self.executor = QueueExecutor(label: "tallywire.json-log")
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    // MARK: Opening

    /// Opens the log for the journal `epoch`, whose last event is `head`, and finds how far the log has come.
    func open(epoch: String, head: UInt64, logger: Logger) throws(SinkError) {
        self.epoch = epoch
        self.logger = logger
        file = nil
        mustForget = false
        do {
            let mark = try LogMark.read(of: options.path)
            if let mark, mark.epoch == epoch {
                lastSeq = mark.rotatedThrough
                try reopen()
                guard lastSeq > head else { return }
            }
            try begin(after: mark)
        } catch {
            file = nil
            throw .unavailable("\(error)")
        }
    }

    /// Begins a log for this journal. An existing file belongs to another journal, or to a later state of this one.
    private func begin(after mark: LogMark?) throws(FileFailure) {
        if file == nil { file = try LogFile(options.path, operations) }
        if let size = file?.size, size > 0 {
            logger.warning(
                "The JSON log belongs to another journal, or to a later state of this one. It is renamed to PATH.1, and a new one begins.",
                metadata: ["path": "\(options.path)", "its journal": "\(mark?.epoch ?? "unknown")", "this journal": "\(epoch)"])
            try rotation.rotate()
        }
        try LogMark(epoch: epoch, rotatedThrough: 0).write(of: options.path, operations)
        lastSeq = 0
        try reopen()
    }

    /// Opens the current file and cuts off the part of a line that a crash left.
    private func reopen() throws(FileFailure) {
        // The old file is closed first: its lock would refuse the new one.
        self.file = nil
        var file = try LogFile(options.path, operations)
        if mustForget { try file.cut(file.size - min(file.size, flushed.size)) }
        mustForget = false
        let tail = try file.recover()
        if tail.cut > 0 {
            logger.notice(
                "The JSON log ended within a line. The incomplete line was removed, and is written again.",
                metadata: ["bytes": "\(tail.cut)"])
        }
        lastSeq = max(lastSeq, tail.seq ?? 0)
        flushed = Flushed(size: file.size, seq: lastSeq)
        self.file = consume file
    }

    // MARK: Writing

    /// Appends those of `records` that the log does not have. When this returns they are in the file. If every batch is flushed,
    /// they are also on disk.
    func append(_ records: [EventEnvelope]) throws(SinkError) {
        let before = lastSeq
        do {
            try makeReady()
            var rest = records.drop { $0.seq <= lastSeq }
            while let first = rest.first {
                if mustRotate(before: first) { try rotate() }
                let lines = nextLines(rest)
                try write(lines)
                rest = rest.dropFirst(lines.count)
            }
            try flushBatch()
        } catch {
            // Lines that were written before the failure count if they reach the disk.
            if options.fsync == .batch { try? flushBatch() }
            if lastSeq > before { throw .delivered(through: lastSeq, because: "\(error)") }
            throw .unavailable("\(error)")
        }
        planFlush()
    }

    /// Appends `records` behind what the log has, whether or not it has them already. They are on disk when this returns, unless
    /// nothing is flushed.
    func replay(_ records: [EventEnvelope]) throws(SinkError) {
        do {
            try makeReady()
            try flushUnlessNever()
            // The last line will no longer say how far the log has come.
            try LogMark(epoch: epoch, rotatedThrough: lastSeq).write(of: options.path, operations)
            var rest = records[...]
            while let first = rest.first {
                if mustRotate(before: first) { try rotate() }
                let lines = nextLines(rest)
                if let failure = file?.append(Self.bytes(lines)).failure { throw failure }
                rest = rest.dropFirst(lines.count)
            }
            if options.fsync != .never { try file?.flush() }
            flushed = Flushed(size: file?.size ?? 0, seq: lastSeq)
        } catch {
            // What was written of the lines is cut off, or is whole and there twice after the next try.
            mustForget = options.fsync != .never
            file = nil
            throw .unavailable("\(error)")
        }
    }

    /// Opens the file again if a failure closed it, or if another program has moved it, as logrotate does.
    private func makeReady() throws(FileFailure) {
        if let isInPlace = file?.isInPlace, !isInPlace {
            try flushUnlessNever()
            try LogMark(epoch: epoch, rotatedThrough: lastSeq).write(of: options.path, operations)
            file = nil
        }
        if file == nil { try reopen() }
    }

    /// The next lines that fit into one write and into the file. There is at least one.
    private func nextLines(_ records: ArraySlice<EventEnvelope>) -> ArraySlice<EventEnvelope> {
        var room = min(Self.chunk, options.rotate.size.bytes - (file?.size ?? 0))
        var count = 0
        for record in records {
            room -= record.json.count + 1
            guard room >= 0 || count == 0 else { break }
            count += 1
        }
        return records.prefix(count)
    }

    private func write(_ records: ArraySlice<EventEnvelope>) throws(FileFailure) {
        let (written, failure) = file?.append(Self.bytes(records)) ?? (0, FileFailure(options.path, "written", code: EBADF))
        guard let failure else {
            lastSeq = records.last?.seq ?? lastSeq
            return
        }
        var whole = 0
        var seq = lastSeq
        for record in records {
            guard whole + record.json.count + 1 <= written else { break }
            whole += record.json.count + 1
            seq = record.seq
        }
        do {
            try file?.cut(written - whole)
            lastSeq = seq
        } catch {
            // Opening the file again finds the last whole line.
            file = nil
        }
        throw failure
    }

    /// The lines of `records`.
    private static func bytes(_ records: ArraySlice<EventEnvelope>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.reduce(0) { $0 + $1.json.count + 1 })
        for record in records {
            bytes.append(contentsOf: record.json)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    // MARK: Rotating

    private var rotation: LogRotation {
        LogRotation(path: options.path, keep: options.rotate.keep, operations: operations)
    }

    private func mustRotate(before record: EventEnvelope) -> Bool {
        guard let size = file?.size, size > 0 else { return false }
        return size + record.json.count + 1 > options.rotate.size.bytes
    }

    /// First the mark notes how far the old files will go. So the mark is right after a crash at any later step.
    private func rotate() throws(FileFailure) {
        try flushUnlessNever()
        try LogMark(epoch: epoch, rotatedThrough: lastSeq).write(of: options.path, operations)
        try rotation.rotate()
        try reopen()
    }

    // MARK: Flushing

    private func flushBatch() throws(FileFailure) {
        if options.fsync == .batch { try flush() }
    }

    private func flushUnlessNever() throws(FileFailure) {
        if options.fsync != .never { try flush() }
    }

    private func flush() throws(FileFailure) {
        guard let size = file?.size, lastSeq > flushed.seq else { return }
        do {
            try file?.flush()
            flushed = Flushed(size: size, seq: lastSeq)
        } catch {
            // After a failed flush the system may drop the bytes that it could not write (fsyncgate), so a second flush proves
            // nothing. Lines that count as delivered stay. The others are removed and written again.
            if options.fsync == .batch {
                mustForget = true
                lastSeq = flushed.seq
            }
            file = nil
            throw error
        }
    }

    /// Flushes once the interval is over, also if no further batch comes.
    private func planFlush() {
        guard case .every(let interval) = options.fsync, !isFlushPlanned, lastSeq > flushed.seq else { return }
        isFlushPlanned = true
        executor.queue.asyncAfter(deadline: .now() + .milliseconds(Int(interval.wholeMilliseconds))) {
            self.assumeIsolated { $0.flushPlanned() }
        }
    }

    private func flushPlanned() {
        isFlushPlanned = false
        do {
            try flush()
        } catch {
            logger.error(
                "The JSON log could not be flushed to the disk. A power cut now would lose its newest lines: check the disk.",
                metadata: ["error": "\(error)"])
        }
    }

    // MARK: Closing

    /// Flushes what the policy requires, and closes the file.
    func close() {
        if options.fsync != .never { flushPlanned() }
        file = nil
    }
}
