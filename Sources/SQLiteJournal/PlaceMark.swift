import Foundation
import GRDB
import TallywireEngine

/// The small file `PATH.mark` beside the journal: which journal was written last in this place, and how far.
///
/// A copy that is put back, an older one or that of another server, is a journal that was not written last here. Whoever read the events that
/// it does not have would be told wrong ones under the same numbers, so it gets a new epoch, which says that its numbers mean something else.
///
/// Each opening has a name of its own, the *incarnation*, which stands in the journal and in the mark. The mark also says which event was
/// committed last; it is a mapped page, so that noting that costs a store and survives the process however it ends. A power cut may take
/// back what was noted last, never what was committed before it: the mark is behind the journal then, which is no contradiction.
final class PlaceMark: Sendable {
    /// What the mark says.
    struct Content: Equatable {
        var epoch: String
        /// The opening that wrote last, and one that was about to: a crash may lie between the two steps.
        var incarnation: String
        var next: String
        var seq: UInt64
    }

    private static let magic = Array("tallywire mark 1".utf8)
    private static let nameLength = 36

    /// Only the journal's writer stores through it, one call at a time, and nobody else reads it.
    private let page: MappedPage

    /// Opens the mark of the journal at `journal`, and creates it if there is none.
    init(of journal: String) throws {
        page = try MappedPage(path: journal + ".mark", length: 256, purpose: "which says what was written here last")
    }

    /// What it says; `nil` if nothing was written in this place.
    var content: Content? {
        guard page.begins(with: Self.magic) else { return nil }
        func name(_ index: Int) -> String {
            let start = page.address + Self.magic.count + index * Self.nameLength
            return String(decoding: UnsafeRawBufferPointer(start: start, count: Self.nameLength).filter { $0 != 0 }, as: UTF8.self)
        }
        return Content(
            epoch: name(0), incarnation: name(1), next: name(2),
            seq: UInt64(
                littleEndian: page.address.load(
                    fromByteOffset: Self.seqOffset, as: UInt64.self)))
    }

    private static let seqOffset = 128

    /// Replaces what it says, durably.
    func write(_ content: Content) throws {
        page.clear()
        for (index, name) in [content.epoch, content.incarnation, content.next].enumerated() {
            page.store(name.utf8.prefix(Self.nameLength), at: Self.magic.count + index * Self.nameLength)
        }
        note(content.seq)
        page.store(Self.magic)
        try page.flush()
    }

    /// Notes the last committed event.
    func note(_ seq: UInt64) {
        page.address.storeBytes(of: seq.littleEndian, toByteOffset: Self.seqOffset, as: UInt64.self)
    }
}

/// Whether a journal is the one that was written last in its place.
struct JournalPlace {
    let epoch: String
    /// The name of its last opening; `nil` in a journal from before openings had names.
    let incarnation: String?
    let seq: UInt64

    init(_ db: Database, path: String) throws {
        guard let epoch = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") else {
            throw JournalError(.damaged, "\(path) has no epoch: it is not a journal, or it is damaged")
        }
        self.epoch = epoch
        incarnation = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'incarnation'")
        seq = try Meta.seq(db)
    }

    /// Why its numbers may not go on under its epoch, `nil` if they may.
    func contradiction(_ mark: PlaceMark.Content?, known: [JournalWitness]) -> String? {
        if let position = known.first(where: { $0.epoch == epoch && $0.seq > seq }) {
            return "\(position.name) knows event \(position.seq), and the journal ends with \(seq)"
        }
        guard let mark else {
            return incarnation == nil ? nil : "it was written in another place, and nobody knows what happened there since"
        }
        if incarnation == nil {
            // A journal of an earlier version is no news here if it is the one that was written.
            return mark.epoch == epoch
                ? "it is an older copy of the journal that was written here" : "another journal was written here last"
        }
        guard incarnation == mark.incarnation || incarnation == mark.next else {
            return mark.epoch == epoch
                ? "it is a copy of the journal that was written here, from before that was opened last"
                : "another journal was written here last"
        }
        guard mark.seq <= seq else { return "it ends with event \(seq), and event \(mark.seq) was committed here" }
        return nil
    }

    /// Begins an opening: gives it a name in the journal and in the mark, and the journal a new epoch if it may not keep its own. Answers the
    /// epoch and, if that is new, why.
    func begin(_ mark: PlaceMark, known: [JournalWitness], _ db: Database) throws -> (epoch: String, reason: String?) {
        let content = mark.content
        let reason = contradiction(content, known: known)
        let name = UUID().uuidString.lowercased()
        let epoch = reason == nil ? self.epoch : UUID().uuidString.lowercased()
        var next = PlaceMark.Content(epoch: epoch, incarnation: incarnation ?? "", next: name, seq: seq)
        // With a contradiction the mark of before is true until the journal has its new epoch.
        if reason == nil { try mark.write(next) }
        try db.inTransaction(.immediate) {
            try Meta.set("incarnation", name, db)
            if reason != nil {
                try Meta.set("epoch", epoch, db)
                try Meta.set("previous_epoch", self.epoch, db)
                try Meta.set("previous_seq", Int64(clamping: seq), db)
            }
            return .commit
        }
        next.incarnation = name
        try mark.write(next)
        return (epoch, reason)
    }
}
