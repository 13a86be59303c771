import GRDB
import Synchronization
import TallywireCore
import TallywireEngine

/// Where the answer to a command can stand.
struct AnswerRows {
    /// The rows that may hold it under its key.
    let own: [Int64]
    /// Its id without its device, and the rows that may hold that, of those that were written when ids were everybody's.
    let shared: (id: String, device: String, rows: [Int64])?
}

extension SQLiteJournal {
    /// `nil` if there is no answer.
    func rows(of key: String) -> AnswerRows? {
        let parts = key.split(separator: "\u{1F}", maxSplits: 1).map(String.init)
        return answers.withLock { index in
            let own = index.rows(of: key)
            var shared: (id: String, device: String, rows: [Int64])?
            if own.isEmpty, parts.count == 2, firstOwnedAnswer > 0 {
                let rows = index.rows(of: parts[1]).filter { $0 < firstOwnedAnswer }
                if !rows.isEmpty { shared = (parts[1], parts[0], rows) }
            }
            return own.isEmpty && shared == nil ? nil : AnswerRows(own: own, shared: shared)
        }
    }

    func answer(to key: String, in rows: AnswerRows, _ db: Database) throws -> StoredAnswer? {
        if let answer = try AnswerTable.answer(to: key, in: rows.own, db) { return answer }
        guard let shared = rows.shared, let answer = try AnswerTable.answer(to: shared.id, in: shared.rows, db),
            case .applied(let receipt) = answer.outcome, let seq = receipt.seq
        else { return nil }
        // Whose it was says its event, as long as that is kept.
        for event in try EventTable.read(after: seq - 1, limit: 1, maxBytes: 0, db) {
            guard case .inventoryUpdated(let update) = try event.event().body, update.source.hasSuffix("/\(shared.device)") else {
                return nil
            }
            return answer
        }
        return nil
    }
}
