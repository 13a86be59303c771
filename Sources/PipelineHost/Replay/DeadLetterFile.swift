import Dispatch
import Foundation
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The file for a sink's dead letters: JSON Lines, `{"at","sink","epoch","seq","reason","event"}`. A letter that was delivered since
/// has the member `delivered`, which says when.
///
/// The file is opened for each use, since uses are rare. Each write is flushed to disk before the sink's position moves on. When the
/// file is larger than ``sizeLimit``, it becomes `FILE.1`, which replaces an older one.
///
/// Several sinks may share a file. Everything runs on one queue, so that nobody appends to a file while it is replaced, and no task
/// waits for the disk.
public struct DeadLetterFile: Sendable {
    public let path: String
    /// The size in bytes after which a new file is begun.
    public let sizeLimit: Int

    private static let queue = DispatchQueue(label: "tallywire.dead-letters")

    public init(path: String, sizeLimit: Int = 64 << 20) {
        self.path = path
        self.sizeLimit = sizeLimit
    }

    /// Whose letters are meant: a sink's, of one journal.
    struct Owner: Sendable {
        let sink: String
        let epoch: String
    }

    /// Appends `letters`. All are on disk when this returns. Throws if the file cannot be written.
    func append(_ letters: [(event: EventEnvelope, reason: String)], of owner: Owner, now: Timestamp) async throws {
        try await onQueue {
            var json = JSONWriter()
            var lines: [UInt8] = []
            for letter in letters {
                json.removeAll()
                json.object { json in
                    json.member("at", now)
                    json.member("sink", owner.sink)
                    json.member("epoch", owner.epoch)
                    json.member("seq", letter.event.seq)
                    json.member("reason", letter.reason)
                    json.key("event")
                    json.raw(letter.event.json)
                }
                lines += json.bytes
                lines.append(UInt8(ascii: "\n"))
            }
            try LineFile(path: path, sizeLimit: sizeLimit).append(lines)
        }
    }

    /// The events of the letters that were not delivered, in order, each once.
    func undelivered(of owner: Owner) async throws -> [UInt64] {
        try await onQueue {
            var seqs: Set<UInt64> = []
            for file in files {
                for line in try lines(of: file) {
                    if let letter = DeadLetter(line), letter.isOpen(owner) { seqs.insert(letter.seq) }
                }
            }
            return seqs.sorted()
        }
    }

    /// The event of a letter, read from the letter itself: for an event that the journal no longer keeps. `nil` if there is none.
    func event(_ seq: UInt64, of owner: Owner) async throws -> EventEnvelope? {
        try await onQueue {
            for file in files {
                for line in try lines(of: file) {
                    guard let letter = DeadLetter(line), letter.isOpen(owner), letter.seq == seq else { continue }
                    return try DeadLetter.event(in: line)
                }
            }
            return nil
        }
    }

    /// Notes in the file that the letters of `seqs` were delivered. What is no letter stays as it is.
    func markDelivered(_ seqs: Set<UInt64>, of owner: Owner, now: Timestamp) async throws {
        try await onQueue {
            for file in files {
                var content: [UInt8] = []
                var isChanged = false
                for line in try lines(of: file) {
                    content += line
                    if let letter = DeadLetter(line), letter.isOpen(owner), seqs.contains(letter.seq),
                        let end = line.lastIndex(of: UInt8(ascii: "}"))
                    {
                        content.removeLast(line.endIndex - end)
                        content += #","delivered":"\#(now)"}"#.utf8
                        isChanged = true
                    }
                    content.append(UInt8(ascii: "\n"))
                }
                if isChanged { try SourceFile(path: file).replace(with: Data(content)) }
            }
        }
    }

    /// The older file first.
    private var files: [String] { [path + ".1", path] }

    private func lines(of file: String) throws -> [Data.SubSequence] {
        try SourceFile(path: file).content()?.split(separator: UInt8(ascii: "\n")) ?? []
    }

    private func onQueue<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Self.queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}

/// What a line of the file says of its event.
private struct DeadLetter: Decodable {
    let sink: String
    /// `nil` in a line of an earlier version.
    let epoch: String?
    let seq: UInt64
    let delivered: String?

    /// `nil` if the line is no letter.
    init?(_ line: Data.SubSequence) {
        guard let letter = try? JSONDecoder().decode(DeadLetter.self, fromOutside: line) else { return nil }
        self = letter
    }

    func isOpen(_ owner: DeadLetterFile.Owner) -> Bool {
        delivered == nil && sink == owner.sink && (epoch ?? owner.epoch) == owner.epoch
    }

    private struct Content: Decodable {
        let event: Event
    }

    /// The event in a letter. Throws if it cannot be read.
    static func event(in line: Data.SubSequence) throws -> EventEnvelope {
        let event = try JSONDecoder().decode(Content.self, fromOutside: line).event
        return EventEnvelope(event, json: event.json)
    }
}
