import Foundation
import Logging
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport

@testable import JSONLogSink

/// A folder with a log in it, and what its tests need around it.
final class LogFolder: Sendable {
    let folder: TemporaryFolder
    var path: String { folder.file("events.jsonl") }

    init() throws { folder = try TemporaryFolder() }

    func options(size: Int = 1 << 20, keep: Int = 1_000, fsync: FlushPolicy = .batch) -> JSONLogOptions {
        JSONLogOptions(path: path, rotate: .init(size: ByteSize(bytes: size), keep: keep), fsync: fsync)
    }

    func sink(size: Int = 1 << 20, keep: Int = 1_000, fsync: FlushPolicy = .batch, _ operations: FileOperations = .system)
        -> JSONLogSink
    {
        JSONLogSink(options(size: size, keep: keep, fsync: fsync), operations: operations)
    }

    // MARK: What is on the disk

    func text(_ number: Int = 0) -> String {
        let name = number == 0 ? path : "\(path).\(number)"
        return (try? String(contentsOfFile: name, encoding: .utf8)) ?? ""
    }

    func write(_ text: String, _ number: Int = 0) throws {
        try Data(text.utf8).write(to: URL(filePath: number == 0 ? path : "\(path).\(number)"))
    }

    func mark(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path + ".epoch")) }

    /// The numbers of the rotated files, the newest first.
    var rotated: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.compactMap { $0.hasPrefix("events.jsonl.") ? Int($0.dropFirst("events.jsonl.".count)) : nil }.sorted()
    }

    /// All lines of all files, the oldest first.
    var lines: [String] {
        (rotated.reversed() + [0]).flatMap {
            text($0).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        }
    }

    /// Whether every file ends with a whole line.
    var endsWhole: Bool { (rotated + [0]).allSatisfy { text($0).isEmpty || text($0).hasSuffix("\n") } }

    // MARK: What is offered

    static func line(_ seq: UInt64) -> String {
        #"{"type":"stock_alert","seq":\#(seq),"timestamp":"2026-11-22T16:40:00.000Z","data":{"sku":"É\#(seq)"}}"#
    }

    static func record(_ seq: UInt64) -> EventEnvelope {
        EventEnvelope(
            seq: seq, timestamp: Timestamp(milliseconds: Int64(seq)), type: .stockAlert, subject: .init(),
            json: Array(line(seq).utf8))
    }

    static func batch(_ range: some Sequence<UInt64>) -> EventBatch { EventBatch(records: range.map(record)) }

    static func lines(_ range: some Sequence<UInt64>) -> [String] { range.map(line) }

    static func context(epoch: String = "e1", head: UInt64 = 1_000_000) -> SinkContext {
        let journal = InMemoryJournal()
        return SinkContext(
            name: "log", logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), epoch: epoch, cursor: nil,
            head: head,
            stock: journal, history: journal, version: "test", now: { Timestamp(milliseconds: 0) })
    }
}

extension JSONLogSink {
    /// Offers `seqs` as a runner does: what was not taken again, until all is taken or `tries` are over. Answers the last failure.
    @discardableResult
    func offer(_ seqs: some Sequence<UInt64>, tries: Int = 1) async -> (any Error)? {
        var rest = Array(seqs)
        var failure: (any Error)?
        for _ in 0..<tries {
            do {
                _ = try await deliver(LogFolder.batch(rest))
                return nil
            } catch SinkError.delivered(through: let seq, because: let reason) {
                failure = SinkError.delivered(through: seq, because: reason)
                rest.removeAll { $0 <= seq }
                if rest.isEmpty { return nil }
            } catch {
                failure = error
            }
        }
        return failure
    }
}
