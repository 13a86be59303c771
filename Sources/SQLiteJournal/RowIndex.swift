import GRDB
import TallywireCore

/// The rows of a table by id: of the answers to commands, and of the reservations that have ended. The index is in memory and is
/// built when the journal is opened.
///
/// An index on disk, with ids in random order, costs a page for every command, which measured three quarters of the writer's speed.
/// This index costs a word and a half in memory for each row: the hash of the id and the number of the row, which is read only when
/// a hash occurs again. The hash is Swift's own with the process's own seed, so nobody can choose ids that collide.
///
/// There are two generations. When the younger one has lasted for as long as rows have to be kept, the older one is dropped and a
/// new one begins. So a row is kept for one to two times that long. A generation also ends when it has the maximum number of rows,
/// so that memory is limited. In that case at least the newest rows up to that number are kept.
struct RowIndex: Sendable {
    private struct Generation: Sendable {
        /// When the generation's first row was written.
        var start: Timestamp?
        var firstRow: Int64?
        var rows: [Int: Int64] = [:]
        /// The rows whose hash another id has.
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

    /// The index of the rows that `selection` gives, in their order: the row, the time that had passed when it was written, and the
    /// id.
    init(keep: Duration, maximum: Int, loading selection: String, _ db: Database) throws {
        self.init(keep: keep, maximum: maximum)
        var index = self
        try RawStatement(selection, db).forEachRow { row in
            index.insert(row.text(2), row: row.integer(0), at: Timestamp(milliseconds: row.integer(1)))
        }
        self = index
    }

    /// The number of rows in the index.
    var count: Int { young.rows.count + old.rows.count + young.collisions.count + old.collisions.count }

    /// The first row that is still needed. Rows before it may be deleted.
    var firstRow: Int64? { old.firstRow ?? young.firstRow }

    /// Returns the rows that may have the id `id`, in no order: none, one, or very rarely more.
    func rows(of id: String) -> [Int64] {
        let hash = id.hashValue
        var rows: [Int64] = []
        for generation in [young, old] {
            if let row = generation.rows[hash] { rows.append(row) }
            if !generation.collisions.isEmpty, let more = generation.collisions[hash] { rows += more }
        }
        return rows
    }

    /// Adds a row that was written at the time `timestamp`.
    mutating func insert(_ id: String, row: Int64, at timestamp: Timestamp) {
        let isFull = young.rows.count >= maximum
        if let start = young.start, isFull || timestamp.isLater(than: start, byMilliseconds: keepMilliseconds - 1) {
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
