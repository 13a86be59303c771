import GRDB
import TallywireCore

/// Which row holds the answer to which command: in memory, made anew when the journal is opened.
///
/// A key on disk in random order costs a page for every command, and measured three quarters of the writer's speed. Here it costs a word
/// and a half in memory: the hash of the id and the number of the row, which is read only when a hash is met again. The hash is Swift's
/// own with the process's own seed, so that nobody can choose ids that collide.
///
/// There are two generations. When the younger one has lasted for as long as answers are to be kept, the older one is let go and a new one
/// begins, so an answer is kept for one to two times that long. A generation also ends when it holds as many answers as there may be, so
/// that memory is bounded: then the newest that many are kept at least.
struct AnswerIndex: Sendable {
    private struct Generation: Sendable {
        /// When its first answer was given.
        var start: Timestamp?
        var firstRow: Int64?
        var rows: [Int: Int64] = [:]
        /// Those whose hash was taken by another id.
        var collisions: [Int: [Int64]] = [:]
    }

    private let keepMilliseconds: Int64
    private let maximum: Int
    private var young = Generation()
    private var old = Generation()

    init(keep: Duration, maximum: Int) {
        self.maximum = maximum
        keepMilliseconds = keep.wholeMilliseconds
    }

    /// The index of the answers that a journal holds.
    init(keep: Duration, maximum: Int, loading db: Database) throws {
        self.init(keep: keep, maximum: maximum)
        var index = self
        try RawStatement("SELECT row, coalesce(passed, at), id FROM answers ORDER BY row", db).forEachRow { row in
            index.insert(row.text(2), row: row.integer(0), at: Timestamp(milliseconds: row.integer(1)))
        }
        self = index
    }

    /// The answers that are known.
    var count: Int { young.rows.count + old.rows.count + young.collisions.count + old.collisions.count }

    /// The first row that is still needed; rows before it may be deleted.
    var firstRow: Int64? { old.firstRow ?? young.firstRow }

    /// The rows that may hold the answer to `id`: none, one, or in the rarest of cases more.
    func rows(of id: String) -> [Int64] {
        let hash = id.hashValue
        var rows: [Int64] = []
        for generation in [young, old] {
            if let row = generation.rows[hash] { rows.append(row) }
            if !generation.collisions.isEmpty, let more = generation.collisions[hash] { rows += more }
        }
        return rows
    }

    /// Notes an answer that was given when so much time had passed.
    mutating func insert(_ id: String, row: Int64, at timestamp: Timestamp) {
        let isFull = young.rows.count >= maximum
        if let start = young.start, isFull || timestamp.isLater(than: start, by: .milliseconds(keepMilliseconds - 1)) {
            old = young
            young = Generation()
        }
        if young.start == nil {
            young.start = timestamp
            young.firstRow = row
        }
        let hash = id.hashValue
        if young.rows[hash] == nil {
            young.rows[hash] = row
        } else {
            young.collisions[hash, default: []].append(row)
        }
    }
}
