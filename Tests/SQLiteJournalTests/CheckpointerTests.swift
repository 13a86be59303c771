import Foundation
import GRDB
import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@Suite("Copying the log into the journal", .timeLimit(.minutes(3)))
struct CheckpointerTests {
    let folder: TemporaryFolder
    let log = LineLog()
    var path: String { folder.file("tallywire.db") }

    init() throws { folder = try TemporaryFolder() }

    /// How often SQLite began its log anew: the fourth word of the log's header.
    private func rounds() throws -> UInt32 {
        let header = try FileHandle(forReadingFrom: URL(fileURLWithPath: path + "-wal")).read(upToCount: 16) ?? Data()
        return header.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    private func logSize() throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? 0
    }

    /// Single scans until `isEnough`, as many as would fill the log ten times.
    private func scan(_ journal: SQLiteJournal, _ script: inout JournalScript, until isEnough: () throws -> Bool) throws {
        for _ in 0..<10_000 where try !isEnough() { try journal.append(script.movement(1)) }
    }

    private func expectAll(of script: JournalScript) async throws {
        let again = try SQLiteJournal(path: path)
        #expect(try again.load().variants == script.state.variants)
        #expect(try await again.range().last == script.state.seq)
        try again.close()
        #expect(try JournalAudit.run(path: path).difference == nil)
    }

    @Test("the log is copied while commits go on, and begins anew, so that it does not grow")
    func beginsAnew() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path, logger: log.logger)
        try journal.append(script.catalogue())
        let first = try rounds()
        try scan(journal, &script) { try rounds() >= first + 3 }
        #expect(try rounds() >= first + 3)
        // What came in while it was copied is beyond the 4000 pages of 8 KiB.
        #expect(try logSize() < 2 * 4_000 * 8_192)
        #expect(log.lines.isEmpty)
        try journal.close()
        try await expectAll(of: script)
    }

    @Test("a reader that takes its time keeps what it reads, and the log grows until it is done")
    func slowReader() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path, logger: log.logger)
        try journal.append(script.catalogue())
        try journal.append(script.movement(7))
        let first = try rounds()
        let reader = try DatabaseQueue(path: path)
        let units = "SELECT on_hand FROM balances WHERE variant = 11"
        try reader.inTransaction(.deferred) { db in
            #expect(try Int.fetchOne(db, sql: units) == 7)
            try scan(journal, &script) { try logSize() > 2 * 4_000 * 8_192 }
            #expect(try rounds() == first)
            #expect(try Int.fetchOne(db, sql: units) == 7)
            return .commit
        }
        try reader.close()
        try scan(journal, &script) { try rounds() > first }
        #expect(try rounds() > first)
        #expect(log.lines.isEmpty)
        try journal.close()
        try await expectAll(of: script)
    }

    @Test("what cannot be copied is said, stays in the log, and is copied when that works again")
    func failure() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path, logger: log.logger)
        try journal.append(script.catalogue())
        let first = try rounds()
        // SQLite's lock of who copies: byte 121 of the shared memory's file. A lock of an open file counts against those of its process.
        let file = open(path + "-shm", O_RDWR)
        var lock = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 121, l_len: 1, l_pid: 0)
        let setLockOfFile: Int32 = 37  // F_OFD_SETLK, which Glibc's module does not show
        #expect(fcntl(file, setLockOfFile, &lock) == 0)
        try scan(journal, &script) { !log.lines.isEmpty }
        #expect(log.lines.first?.contains("could not be copied") == true && log.lines.first?.contains(path) == true)
        #expect(try rounds() == first)
        lock.l_type = Int16(F_UNLCK)
        #expect(fcntl(file, setLockOfFile, &lock) == 0)
        try scan(journal, &script) { try rounds() > first }
        #expect(try rounds() > first)
        try journal.close()
        close(file)
        try await expectAll(of: script)
    }
}
