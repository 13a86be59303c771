import TallywireCore
import TallywireEngine

/// Turns entries into bytes and back. The same entry gives the same bytes.
///
/// An entry is `TWE`, the format as two bytes of which the first is the higher one, and a zstd frame. The frame's content is what
/// ``EntryWriter/entry(_:)`` writes. Members that a later format adds are members of that format:
/// a reader never skips anything.
public final class LogEntryCodec: Sendable {
    /// The most bytes of an entry before it is compressed. A batch is cut far below it; the limit is for bytes from elsewhere.
    public static let largestContent = 64 << 20
    /// The most bytes of a name, of an id, or of any other text.
    public static let longestText = 64 << 10
    /// The most elements of each list. A batch has a thousand commands, and a command has at most some ten thousand events.
    public static let longestList = 1 << 18

    private static let magic = Array("TWE".utf8)
    private let zstandard = Zstandard()

    public init() {}

    /// Why bytes are no entry that this program reads. It names the entry.
    public struct Failure: Error, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// What is wrong with bytes of an entry, for ``Failure``.
    struct Malformed: Error {
        let reason: String

        init(_ reason: String) { self.reason = reason }
    }

    // MARK: Encoding

    /// The bytes of `entry`, in the entry's ``LogEntry/format``. Throws ``LogFailure/tooLarge(bytes:limit:)`` if a reader would refuse
    /// them, and ``LogFailure/broken(_:)`` if this program does not write that format.
    public func encode(_ entry: LogEntry) throws(LogFailure) -> [UInt8] {
        let format = entry.format
        guard (LogEntry.oldestFormat...LogEntry.newestFormat).contains(format) else {
            throw .broken("the entry \(entry.index) is to be written in the format \(format), which this program does not write")
        }
        var writer = EntryWriter()
        writer.entry(entry)
        for (size, limit) in [
            (writer.bytes.count, Self.largestContent), (writer.longestText, Self.longestText),
            (writer.longestList, Self.longestList),
        ] where size > limit {
            throw .tooLarge(bytes: size, limit: limit)
        }
        return zstandard.compressed(writer.bytes, after: Self.magic + [UInt8(format >> 8), UInt8(format & 0xFF)])
    }

    // MARK: Decoding

    /// The entry whose bytes stand in the log at `index`.
    public func decode(_ bytes: [UInt8], at index: UInt64) throws(Failure) -> LogEntry {
        do {
            return try entry(from: bytes, at: index)
        } catch {
            throw Failure(description: "the entry \(index) \(error.reason)")
        }
    }

    private func entry(from bytes: [UInt8], at index: UInt64) throws(Malformed) -> LogEntry {
        guard bytes.count >= 5, bytes.starts(with: Self.magic) else { throw Malformed("is none of Tallywire's") }
        let format = UInt16(bytes[3]) << 8 | UInt16(bytes[4])
        guard format <= LogEntry.newestFormat else {
            throw Malformed("is of format \(format), and this program reads up to \(LogEntry.newestFormat): upgrade this node")
        }
        guard format >= LogEntry.oldestFormat else {
            throw Malformed(
                "is of format \(format), and this program reads from \(LogEntry.oldestFormat) on: another program wrote it")
        }
        do {
            var reader = EntryReader(try zstandard.decompressed(bytes[5...], limit: Self.largestContent))
            let entry = try reader.entry(format)
            guard reader.isAtEnd else { throw Malformed("something follows its last member") }
            guard entry.index == index else { throw Malformed("it says that it is the entry \(entry.index)") }
            return entry
        } catch let error as Malformed {
            throw Malformed("is damaged: \(error.reason)")
        } catch {
            throw Malformed("is damaged: \(error)")
        }
    }
}

extension EntryWriter {
    mutating func entry(_ entry: LogEntry) {
        number(entry.index)
        number(entry.term.number)
        text(entry.node)
        text(entry.id)
        number(entry.lastSeq)
        switch entry.content {
        case .began(let version):
            byte(0)
            text(version)
        case .ended: byte(1)
        case .batch(let batch):
            byte(2)
            self.batch(batch)
        }
    }

    private mutating func batch(_ batch: LogBatch) {
        signed(batch.timestamp.milliseconds)
        signed(batch.clockOffset)
        list(batch.events) { $0.event($1) }
        var json = JSONWriter()
        list(batch.answers) { $0.answer($1, &json) }
        list(batch.reversals.sorted { $0.key < $1.key }) {
            $0.text($1.key)
            $0.text($1.value)
        }
        list(batch.serials) {
            $0.signed($1.key.variant.rawValue)
            $0.text($1.key.serial)
            $0.signed($1.direction.rawValue)
            $0.number($1.seq)
        }
        list(batch.positions.sorted { $0.key < $1.key }) {
            $0.text($1.key)
            $0.number($1.value)
        }
    }

    private mutating func event(_ event: LogEvent) {
        block(event.json)
        optional(event.alertLocation) { $0.text($1) }
        optional(event.defaultVariant) { $0.signed($1.rawValue) }
    }

    private mutating func answer(_ answer: StoredAnswer, _ json: inout JSONWriter) {
        text(answer.id)
        hash(answer.fingerprint.written)
        hash(answer.fingerprint.resolved)
        signed(answer.timestamp.milliseconds)
        block(answer.json(using: &json))
        optional(answer.reversedBy) { $0.text($1) }
        optional(answer.nonce) { $0.text($1) }
    }

    private mutating func optional<Value>(_ value: Value?, _ write: (inout EntryWriter, Value) -> Void) {
        byte(value == nil ? 0 : 1)
        if let value { write(&self, value) }
    }
}

extension EntryReader {
    fileprivate mutating func entry(_ format: UInt16) throws(Mistake) -> LogEntry {
        let (index, term) = (try number(), Term(try number()))
        let (node, id) = (try text(), try text())
        let lastSeq = try number()
        let content: LogEntry.Content =
            switch try byte() {
            case 0: .began(version: try text())
            case 1: .ended
            case 2: .batch(try batch())
            case let kind: throw Mistake("its content is of the unknown kind \(kind)")
            }
        return LogEntry(format: format, index: index, term: term, node: node, id: id, lastSeq: lastSeq, content: content)
    }

    private mutating func batch() throws(Mistake) -> LogBatch {
        var batch = LogBatch(timestamp: Timestamp(milliseconds: try signed()))
        batch.clockOffset = try signed()
        batch.events = try list { reader throws(Mistake) in
            LogEvent(
                json: try reader.block(), alertLocation: try reader.optional { reader throws(Mistake) in try reader.text() },
                defaultVariant: try reader.optional { reader throws(Mistake) in VariantID(try reader.signed()) })
        }
        batch.answers = try list { reader throws(Mistake) in try reader.answer() }
        batch.reversals = try table { reader throws(Mistake) in try reader.text() }
        batch.serials = try list { reader throws(Mistake) in try reader.serial() }
        batch.positions = try table { reader throws(Mistake) in try reader.number() }
        return batch
    }

    private mutating func answer() throws(Mistake) -> StoredAnswer {
        let id = try text()
        let fingerprint = CommandFingerprint(written: try hash(), resolved: try hash())
        let timestamp = Timestamp(milliseconds: try signed())
        return StoredAnswer(
            id: id, fingerprint: fingerprint, json: try block(), timestamp: timestamp,
            reversedBy: try optional { reader throws(Mistake) in try reader.text() },
            nonce: try optional { reader throws(Mistake) in try reader.text() })
    }

    private mutating func serial() throws(Mistake) -> SerialCount {
        let key = SerialCount.Key(variant: VariantID(try signed()), serial: try text())
        let number = try signed()
        guard let direction = SerialCount.Direction(rawValue: number) else {
            throw Mistake("a serial number has the direction \(number)")
        }
        return SerialCount(key: key, direction: direction, seq: try self.number())
    }

    private mutating func optional<Value>(_ read: (inout EntryReader) throws(Mistake) -> Value) throws(Mistake) -> Value? {
        switch try byte() {
        case 0: nil
        case 1: try read(&self)
        case let flag: throw Mistake("the flag \(flag) is neither 0 nor 1")
        }
    }

    /// Pairs in the order of their keys, so that there is one way to write them.
    private mutating func table<Value>(_ read: (inout EntryReader) throws(Mistake) -> Value) throws(Mistake) -> [String: Value] {
        let pairs = try list { reader throws(Mistake) in (try reader.text(), try read(&reader)) }
        for (earlier, later) in zip(pairs, pairs.dropFirst()) where earlier.0 >= later.0 {
            throw Mistake("a table is not in order")
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
