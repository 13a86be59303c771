import Foundation
import GRDB
import TallywireEngine

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
