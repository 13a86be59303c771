import GRDB

/// Compares the hashes of events with those that the journal has stored, and with those that were written down elsewhere.
struct ChainAudit {
    private(set) var hash: ChainHash
    /// The first difference that was there before any event.
    private(set) var difference: String?
    /// What has to be found, in order of the events.
    private var expected: [Expected]
    /// The last event whose hash agreed.
    private var agreed: UInt64

    private struct Expected {
        let seq: UInt64
        let hash: [UInt8]
        let name: String
    }

    /// Begins before the first event that is kept.
    init(after seq: UInt64, claims: [JournalAudit.Claim], _ db: Database) throws {
        let kept = try ChainTable.all(db)
        let origin = try ChainTable.origin(db)
        guard let start = kept.first(where: { $0.seq == seq }) else {
            (hash, expected, agreed) = (ChainHash(beginningAfter: seq, epoch: origin.epoch), [], seq)
            difference = "the hash of the events up to \(seq) is missing"
            return
        }
        (hash, agreed) = (start, seq)
        let last = try Meta.seq(db)
        let mark = "the journal's own chain"
        let own = kept.filter { $0.seq > seq } + [try ChainTable.head(db)].compactMap { $0 }.filter { $0.seq > seq }
        expected = own.map { Expected(seq: $0.seq, hash: $0.bytes, name: mark) }
        for claim in claims {
            if let objection = Self.objection(to: claim, origin, first: seq, last: last) {
                difference = difference ?? objection
            } else {
                expected.append(Expected(seq: claim.seq, hash: claim.hash, name: claim.name))
            }
        }
        expected.sort { $0.seq < $1.seq }
        if difference == nil { difference = check() }
        if let beyond = own.last, beyond.seq > last { difference = difference ?? "events \(last + 1) to \(beyond.seq) are missing" }
    }

    private static func objection(
        to claim: JournalAudit.Claim, _ origin: (epoch: String, seq: UInt64), first: UInt64, last: UInt64
    ) -> String? {
        guard claim.epoch == origin.epoch else {
            return "\(claim.name) is of a journal that began as \(claim.epoch), and this one began as \(origin.epoch)"
        }
        if claim.seq > last { return "\(claim.name) is of event \(claim.seq), and the journal ends with event \(last)" }
        if claim.seq < first {
            return
                "\(claim.name) is of event \(claim.seq), and the journal keeps only what follows event \(first): compare with a later one"
        }
        return nil
    }

    /// Goes on by one event. Returns the first difference, once it is known.
    mutating func append(_ json: [UInt8]) -> String? {
        hash.append(json)
        return check()
    }

    private mutating func check() -> String? {
        while let next = expected.first, next.seq <= hash.seq {
            guard next.seq == hash.seq, next.hash == hash.bytes else {
                let events =
                    next.seq <= agreed + 1
                    ? "event \(next.seq) was changed" : "one of the events \(agreed + 1) to \(next.seq) was changed"
                return "\(events): \(next.name) has another hash of event \(next.seq)"
            }
            agreed = next.seq
            expected.removeFirst()
        }
        return nil
    }
}
