import GRDB
import TallywireCore
import TallywireEngine

/// The rows of answers, in the order in which the answers were given.
enum AnswerTable {
    /// The answers for a ``RowIndex``.
    static let index = "SELECT row, coalesce(passed, at), id FROM answers ORDER BY row"

    /// Appends `answers` and returns the number of the first one's row.
    static func insert(_ answers: [StoredAnswer], at passed: Timestamp, _ db: Database) throws -> Int64 {
        guard !answers.isEmpty else { return 0 }
        let insert = try RawStatement(
            "INSERT INTO answers (row, at, id, written, resolved, outcome, passed, reversed, nonce) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            db)
        let first = (try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(row) FROM answers")) ?? 0) + 1
        var writer = JSONWriter()
        for (offset, answer) in answers.enumerated() {
            insert.bind(first + Int64(offset), at: 1)
            insert.bind(answer.timestamp.milliseconds, at: 2)
            insert.bind(answer.id, at: 3)
            insert.bind(answer.fingerprint.written, at: 4)
            insert.bind(answer.fingerprint.resolved, at: 5)
            insert.bind(passed.milliseconds, at: 7)
            insert.bind(answer.reversedBy, at: 8)
            insert.bind(answer.nonce, at: 9)
            try insert.execute(with: answer.json(using: &writer), at: 6)
        }
        return first
    }

    /// Notes that the command `id`, whose answer is in one of `rows`, was taken back by `reversal`.
    static func note(reversalOf id: String, in rows: [Int64], by reversal: String, _ db: Database) throws {
        let update = try RawStatement("UPDATE answers SET reversed = ? WHERE row = ? AND id = ?", db)
        for row in rows {
            update.bind(reversal, at: 1)
            update.bind(row, at: 2)
            update.bind(id, at: 3)
            try update.execute()
        }
    }

    /// Returns the answer to `id` from `rows`, the only ones that can hold it.
    static func answer(to id: String, in rows: [Int64], _ db: Database) throws -> StoredAnswer? {
        let select = try RawStatement("SELECT at, id, written, resolved, outcome, reversed, nonce FROM answers WHERE row = ?", db)
        var answer: StoredAnswer?
        for row in rows where answer == nil {
            select.bind(row, at: 1)
            try select.forEachRow { row in
                guard row.text(1) == id else { return }
                answer = StoredAnswer(
                    id: id,
                    fingerprint: CommandFingerprint(
                        written: UInt64(bitPattern: row.integer(2)), resolved: UInt64(bitPattern: row.integer(3))),
                    json: row.bytes(4), timestamp: Timestamp(milliseconds: row.integer(0)),
                    reversedBy: row.textIfPresent(5), nonce: row.textIfPresent(6))
            }
        }
        return answer
    }
}
