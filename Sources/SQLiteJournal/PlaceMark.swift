import Foundation
import GRDB
import TallywireEngine

/// The small file `PATH.mark` beside the journal. It says which journal was written last under this path, and up to which event.
///
/// A copy that was put back, an older one or one of another server, is not the journal that was written last. It will give new
/// events the numbers of events that it does not have, and a reader of those would be misled. So it gets a new epoch, which says
/// that its numbers mean something else.
///
/// Each opening has a name of its own, the *incarnation*, which is stored in the journal and in the mark. The mark also says which
/// event was committed last. The mark is a mapped page, so that noting an event costs one store and survives the process, however
/// it ends. A power cut may lose the last notes, but never a commit before them. The mark is then behind the journal, which is no
/// contradiction.
final class PlaceMark: Sendable {
    /// The contents of the mark.
    struct Content: Equatable {
        var epoch: String
        /// The opening that wrote last, and one that was about to write: a crash may lie between the two steps.
        var incarnation: String
        var next: String
        var seq: UInt64
    }

    private static let magic = Array("tallywire mark 1".utf8)
    private static let nameLength = 36

    /// Only the journal's writer stores into the page, one call at a time, and nothing else reads it.
    private let page: MappedPage

    /// Opens the mark of the journal at `journal`, and creates it if there is none.
    init(of journal: String) throws {
        page = try MappedPage(path: journal + ".mark", length: 256, purpose: "which says what was written here last")
    }

    /// The contents; `nil` if no journal was written under this path.
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

    /// Replaces the contents, durably.
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

/// Decides whether a journal is the one that was written last under its path.
struct JournalPlace {
    let epoch: String
    /// The name of the journal's last opening; `nil` in a journal of a version in which openings had no names.
    let incarnation: String?
    let seq: UInt64
    private let path: String

    init(_ db: Database, path: String) throws {
        self.path = path
        guard let epoch = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") else {
            throw JournalError(.damaged, "\(path) has no epoch: it is not a journal, or it is damaged")
        }
        self.epoch = epoch
        incarnation = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'incarnation'")
        seq = try Meta.seq(db)
    }

    /// Why the journal may not continue under its epoch; `nil` if it may.
    func contradiction(_ mark: PlaceMark.Content?, known: [JournalWitness]) -> String? {
        if let position = known.first(where: { $0.epoch == epoch && $0.seq > seq }) {
            return "\(position.name) knows event \(position.seq), and the journal ends with \(seq)"
        }
        guard let mark else {
            return incarnation == nil ? nil : "it was written in another place, and nobody knows what happened there since"
        }
        if incarnation == nil {
            // A journal of an earlier version may continue if it is the one that was written.
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

    /// Begins an opening: stores its name in the journal and in the mark, and gives the journal a new epoch if it may not keep its
    /// own. Returns the epoch and, if that is new, the reason. `mayBegin` is asked before that; if it says no, the call throws and nothing
    /// has changed.
    ///
    /// With an epoch that is `wanted`, a replicated log says what follows the journal. The journal then has that epoch or is
    /// refused, and the mark says nothing about it.
    func begin(
        _ mark: PlaceMark, known: [JournalWitness], as wanted: String? = nil,
        asking mayBegin: ((String) -> Bool)? = nil, _ db: Database
    ) throws -> (epoch: String, reason: String?) {
        if let wanted, wanted != epoch, try seq > 0 || Meta.applied(db) > 0 {
            throw JournalError(
                .foreign,
                "the journal \(path) has the epoch \(epoch) and not \(wanted), so its events are not those of this cluster: move its files away, and the node copies the journal of another node"
            )
        }
        let reason = wanted == nil ? contradiction(mark.content, known: known) : nil
        if let reason, mayBegin?(reason) == false {
            throw JournalError(
                .foreign, "the journal \(path) was not opened: \(reason). Put the newest one in its place, with its .mark")
        }
        let name = UUID().uuidString.lowercased()
        let epoch = wanted ?? (reason == nil ? self.epoch : UUID().uuidString.lowercased())
        var next = PlaceMark.Content(epoch: epoch, incarnation: incarnation ?? "", next: name, seq: seq)
        // With a contradiction, the earlier mark stays true until the journal has its new epoch.
        if reason == nil { try mark.write(next) }
        try db.inTransaction(.immediate) {
            try Meta.set("incarnation", name, db)
            if epoch != self.epoch {
                try Meta.set("epoch", epoch, db)
                // Nothing was hashed yet. Otherwise the chain goes on, so that checkpoints of before can still be compared.
                if seq == 0 { try ChainTable.begin(epoch: epoch, db) }
            }
            if reason != nil {
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
