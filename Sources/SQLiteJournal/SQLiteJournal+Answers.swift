import GRDB
import Synchronization
import TallywireCore
import TallywireEngine

/// The rows that may hold the answer to a command.
struct AnswerRows {
    /// The rows that may hold the answer under the command's key.
    let own: [Int64]
    /// The command's id without its device, and the rows that may hold its answer among those of earlier versions, in which ids
    /// belonged to no device.
    let shared: (id: String, device: String, rows: [Int64])?
}

extension SQLiteJournal {
    /// Returns the rows for a key; `nil` if there can be no answer.
    func rows(of key: String) -> AnswerRows? {
        answers.withLock { index in
            let own = index.rows(of: key)
            let shared = own.isEmpty ? sharedRows(of: key, index) : nil
            return own.isEmpty && shared == nil ? nil : AnswerRows(own: own, shared: shared)
        }
    }

    /// Notes by key which commands were taken back, and by which reversals.
    func note(_ reversals: [String: String], _ db: Database) throws {
        for (key, reversal) in reversals {
            guard let rows = rows(of: key) else { continue }
            try AnswerTable.note(reversalOf: key, in: rows.own, by: reversal, db)
            if let shared = rows.shared { try AnswerTable.note(reversalOf: shared.id, in: shared.rows, by: reversal, db) }
        }
    }

    private func sharedRows(of key: String, _ index: RowIndex) -> (id: String, device: String, rows: [Int64])? {
        guard firstOwnedAnswer > 1, let separator = key.utf8.firstIndex(of: 0x1F) else { return nil }
        let id = String(key[key.utf8.index(after: separator)...])
        let rows = index.rows(of: id).filter { $0 < firstOwnedAnswer }
        return rows.isEmpty ? nil : (id, String(key[..<separator]), rows)
    }

    func answer(to key: String, in rows: AnswerRows, _ db: Database) throws -> StoredAnswer? {
        if let answer = try AnswerTable.answer(to: key, in: rows.own, db) { return answer }
        guard let shared = rows.shared, let answer = try AnswerTable.answer(to: shared.id, in: shared.rows, db),
            case .applied(let receipt) = try answer.outcome, let seq = receipt.seq
        else { return nil }
        // The answer's event names the device, as long as that event is kept.
        for event in try EventTable.read(after: seq - 1, limit: 1, maxBytes: 0, db) {
            guard case .inventoryUpdated(let update) = try event.event().body, update.source.hasSuffix("/\(shared.device)") else {
                return nil
            }
            return answer
        }
        return nil
    }
}
