import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireCluster

@Suite("The bytes of an entry")
struct LogEntryCodecTests {
    private let codec = LogEntryCodec()

    private func entry(_ content: LogEntry.Content, id: String = "append-1") -> LogEntry {
        LogEntry(index: 12, term: Term(7), node: "kasse-ü", id: id, lastSeq: 40, content: content)
    }

    /// A batch with something of everything.
    private var full: LogBatch {
        let rejection = StoredAnswer(
            id: "scan-2", fingerprint: CommandFingerprint(written: .max, resolved: 1),
            outcome: .rejected(Rejection(.insufficientStock, "nothing “left”", field: "lines[0]", available: 0)),
            timestamp: Timestamp(milliseconds: -5), asked: ["source": "test", "lines": [["sku": "A", "quantity": 3]]], nonce: "n-1")
        let receipt = StoredAnswer(
            id: "scan-1", fingerprint: CommandFingerprint(written: 0, resolved: .max),
            outcome: .applied(Receipt(movementID: "scan-1", seq: 40)), timestamp: Timestamp(milliseconds: .max),
            reversedBy: "scan-9")
        return LogBatch(
            events: [
                LogEvent(json: Array(#"{"seq":39}"#.utf8), alertLocation: "MAIN", defaultVariant: VariantID(11)),
                LogEvent(json: []),
            ],
            answers: [receipt, rejection], reversals: ["b": "r", "a": "r", "": ""],
            serials: [SerialCount(key: .init(variant: VariantID(-1), serial: "S"), direction: .out, seq: .max)],
            positions: ["log": 9, "displays": .max], timestamp: Timestamp(milliseconds: 1_795_365_600_000), clockOffset: .min)
    }

    @Test("entries of each kind are read back as they were")
    func roundTrip() throws {
        let contents: [LogEntry.Content] = [
            .began(version: "1.2.3"), .ended, .batch(LogBatch(timestamp: Timestamp(milliseconds: 0))), .batch(full),
        ]
        for content in contents {
            let bytes = try codec.encode(entry(content))
            #expect(try codec.decode(bytes, at: 12) == entry(content))
        }
        let extreme = LogEntry(index: .max, term: Term(.max), node: "", id: "", lastSeq: .max, content: .ended)
        #expect(try codec.decode(codec.encode(extreme), at: .max) == extreme)
    }

    @Test(
        "what an engine decides is read back as it was, and the same entry gives the same bytes",
        arguments: 1...20 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var (commands, script) = (RandomCommands(seed: seed), JournalScript())
        for _ in 0..<20 {
            let batch = script.batch(
                (0..<Int.random(in: 0...12, using: &commands.random)).map { _ in commands.next(in: script.state) })
            let entry = entry(.batch(LogBatch(batch, &commands.random)), id: "append-\(commands.random.next())")
            let bytes = try codec.encode(entry)
            #expect(try codec.decode(bytes, at: 12) == entry)
            #expect(try LogEntryCodec().encode(entry) == bytes)
        }
    }

    @Test("an entry that an earlier program wrote is read, and has the same bytes today")
    func earlier() throws {
        let entry = try codec.decode(EarlierEntry.bytes, at: 12)
        #expect(entry == EarlierEntry.entry)
        #expect(try codec.encode(entry) == EarlierEntry.bytes)
        #expect(try codec.encode(EarlierEntry.entry) == EarlierEntry.bytes)
        guard case .batch(let batch) = entry.content else { throw Missing() }
        let rejection = batch.answers[1]
        #expect(try rejection.outcome == EarlierEntry.rejection.outcome && rejection.asked == EarlierEntry.rejection.asked)
        #expect(try batch.answers[0].outcome.receipt?.lines.first?.stock == 5 && batch.answers[0].asked == nil)
    }

    private struct Missing: Error {}

    @Test("an outcome goes through as it is, and whoever asks for one that cannot be read is told")
    func unknownOutcome() throws {
        let json = Array(#"{"postponed":{"until":"2027-01-01"}}"#.utf8)
        let answer = StoredAnswer(
            id: "scan-1", fingerprint: CommandFingerprint(written: 1, resolved: 1), json: json,
            timestamp: Timestamp(milliseconds: 0))
        let whole = entry(.batch(LogBatch(answers: [answer], timestamp: Timestamp(milliseconds: 0))))
        let read = try codec.decode(codec.encode(whole), at: 12)
        #expect(read == whole)
        guard case .batch(let batch) = read.content else { throw Missing() }
        let error = #expect(throws: JournalError.self) { try batch.answers[0].outcome }
        #expect(error?.code == .damaged)
        for part in ["“scan-1”", "upgrade this server"] { #expect(error?.message.contains(part) == true) }
    }

    @Test("a batch is a small part of its events")
    func size() throws {
        var script = JournalScript()
        _ = script.catalogue()
        var events: [LogEvent] = []
        while events.count < 1_000 {
            events += script.movement(1, id: "dock-\(events.count % 7)-\(UInt64.random(in: 0 ... .max))").events.map {
                LogEvent(json: $0.json)
            }
        }
        let size = try codec.encode(entry(.batch(LogBatch(events: events, timestamp: script.now)))).count
        #expect(size * 10 < events.reduce(0) { $0 + $1.json.count })
    }

    @Test("an entry of a newer format is refused with what to do, and so is one that is none, or another one")
    func refused() throws {
        func refusal(_ bytes: [UInt8], at index: UInt64 = 12) -> String {
            do {
                return "\(try codec.decode(bytes, at: index))"
            } catch {
                return error.description
            }
        }
        let bytes = try codec.encode(entry(.ended))
        var newer = bytes
        newer[4] = 3
        #expect(refusal(newer) == "the entry 12 is of format 3, and this program reads up to 1: upgrade this node")
        newer.replaceSubrange(3...4, with: [0, 0])
        #expect(refusal(newer) == "the entry 12 is of format 0, and this program reads from 1 on: another program wrote it")
        #expect(refusal(Array("{}".utf8)) == "the entry 12 is none of Tallywire's")
        #expect(refusal([]) == "the entry 12 is none of Tallywire's")
        #expect(refusal(bytes, at: 13) == "the entry 13 is damaged: it says that it is the entry 12")
        #expect(refusal(bytes + [0]).contains("something follows it"))
    }

    @Test("an entry that is cut off is refused, and one with a flipped bit is refused or still the same")
    func damaged() throws {
        let whole = entry(.batch(full))
        let bytes = try codec.encode(whole)
        func isRefused(_ bytes: [UInt8]) -> Bool {
            do {
                let read = try codec.decode(bytes, at: 12)
                // Some bits of a frame's head mean nothing.
                #expect(read == whole)
                return false
            } catch {
                return true
            }
        }
        for count in 0..<bytes.count { #expect(isRefused(Array(bytes[..<count])), "\(count) bytes") }
        var refusals = 0
        for position in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[position] ^= 1 << bit
                if isRefused(damaged) { refusals += 1 }
            }
        }
        #expect(refusals > bytes.count * 8 - 40, "\(bytes.count * 8 - refusals) bits mean nothing")
    }

    @Test("what a compressed frame holds is read or refused, whatever it is")
    func hostile() throws {
        var writer = EntryWriter()
        writer.entry(entry(.batch(full)))
        var random = SplitMix(state: 3)
        let (head, zstandard) = (Array("TWE\u{0}\u{1}".utf8), Zstandard())
        func read(_ content: [UInt8]) -> Bool {
            do {
                _ = try codec.decode(zstandard.compressed(content, after: head), at: 12)
                return true
            } catch {
                return false
            }
        }
        #expect(read(writer.bytes))
        for count in 0..<writer.bytes.count { #expect(!read(Array(writer.bytes[..<count]))) }
        #expect(!read(writer.bytes + [0]))
        var refusals = 0
        for position in writer.bytes.indices {
            for value in [0, 0x7F, 0xFF, UInt8.random(in: 0...255, using: &random)] {
                var damaged = writer.bytes
                damaged[position] = value
                if !read(damaged) { refusals += 1 }
            }
        }
        // Events and outcomes are carried as they are; the journal's reader and the fold look into them.
        var json = JSONWriter()
        let carried = full.events.reduce(0) { $0 + $1.json.count } + full.answers.reduce(0) { $0 + $1.json(using: &json).count }
        #expect(refusals > writer.bytes.count - carried)
        // The largest number in place of whatever follows, which only the last member can be, and one that is larger.
        let (largest, larger) = ([UInt8](repeating: 0xFF, count: 9) + [1], [UInt8](repeating: 0xFF, count: 10))
        for count in 0..<writer.bytes.count - 1 { #expect(!read(Array(writer.bytes[..<count]) + largest)) }
        for count in writer.bytes.indices { #expect(!read(Array(writer.bytes[..<count]) + larger)) }
    }

    @Test("a content, a text and a list have limits, and what a reader would refuse is not written")
    func limits() throws {
        func tooLarge(_ content: LogEntry.Content) -> LogFailure? {
            do {
                _ = try codec.encode(entry(content))
                return nil
            } catch {
                return error
            }
        }
        let text = String(repeating: "x", count: LogEntryCodec.longestText)
        let bytes = try codec.encode(entry(.began(version: text)))
        #expect(try codec.decode(bytes, at: 12) == entry(.began(version: text)))
        #expect(tooLarge(.began(version: text + "x")) == .tooLarge(bytes: text.utf8.count + 1, limit: text.utf8.count))
        let empty = LogEvent(json: [])
        var batch = LogBatch(
            events: Array(repeating: empty, count: LogEntryCodec.longestList), timestamp: Timestamp(milliseconds: 0))
        #expect(try codec.decode(codec.encode(entry(.batch(batch))), at: 12) == entry(.batch(batch)))
        batch.events.append(empty)
        #expect(tooLarge(.batch(batch)) == .tooLarge(bytes: batch.events.count, limit: batch.events.count - 1))
        batch.events = [LogEvent(json: [UInt8](repeating: 0, count: LogEntryCodec.largestContent))]
        #expect(tooLarge(.batch(batch)) != nil)
        // A frame that says it holds more than an entry may.
        let frame = Zstandard().compressed(
            [UInt8](repeating: 0, count: LogEntryCodec.largestContent + 1), after: Array("TWE\u{0}\u{1}".utf8))
        #expect(throws: LogEntryCodec.Failure.self) { try codec.decode(frame, at: 12) }
    }
}

extension LogBatch {
    /// What a leader would write of `batch`, and at random what the batches of a test do not have.
    fileprivate init(_ batch: JournalBatch, _ random: inout SplitMix) {
        self.init(
            events: batch.events.map {
                LogEvent(json: $0.json, alertLocation: Bool.random(using: &random) ? "MAIN" : nil, defaultVariant: nil)
            },
            answers: batch.answers.map {
                var writer = JSONWriter()
                return StoredAnswer(
                    id: $0.id, fingerprint: $0.fingerprint, json: $0.json(using: &writer), timestamp: $0.timestamp,
                    nonce: Bool.random(using: &random) ? "\(random.next())" : nil)
            },
            reversals: batch.reversals, serials: batch.serials, positions: ["sink-\(random.next() % 3)": random.next()],
            timestamp: batch.timestamp, clockOffset: Int64(bitPattern: random.next()))
    }
}
