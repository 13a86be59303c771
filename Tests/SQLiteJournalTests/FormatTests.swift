import Foundation
import GRDB
import Logging
import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

/// The journals in `Fixtures` were written by the programs that had these formats last, each with the same commands: two products, a
/// location, a count, twelve scans of which one came twice, and a refused movement. Nobody ever had a format that is not there: 4 came
/// together with 5.
@Suite("Formats of journals")
struct FormatTests {
    static let formats = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]

    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }

    init() throws { folder = try TemporaryFolder() }

    /// Puts the journal of a format in place.
    private func unpack(_ format: Int) throws {
        let packed = try #require(Bundle.module.url(forResource: "Fixtures/journal-\(format)", withExtension: "db.gz"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-dc", packed.path]
        try Data().write(to: URL(fileURLWithPath: path))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    private func number() throws -> Int? {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
    }

    @Test("a journal of each format opens with all that was in it, folds to the same, and goes on", arguments: formats)
    func opens(_ format: Int) async throws {
        try unpack(format)
        #expect(try JournalFormat.read(path) == format)
        let before = try JournalAudit.run(path: path)
        #expect(before.difference == nil && before.variants == 3, "\(before)")
        #expect(try JournalFormat.read(path) == format, "an audit leaves the journal as it is")

        let journal = try SQLiteJournal(path: path)
        let state = try journal.load()
        let stock = Dictionary(uniqueKeysWithValues: state.variants.values.map { ($0.sku, $0.stock) })
        #expect(stock == ["TEE-RED-M": 4, "TÉE-BLUE-L": 7, "MUG": 13])
        #expect(state.seq == before.last)
        for id in ["set-1", "scan-1", "scan-12", "blue", "refused"] {
            #expect(try journal.answer(to: Command.key(id: id, device: nil)) != nil, "\(id)")
        }
        #expect(try await journal.cursor(of: "json-log") == 9)
        let engine = try InventoryEngine(journal: journal, logger: Logger(label: "test"))
        let line = Movement.Line(item: .sku("MUG"), location: "MAIN", operation: .subtract, quantity: 2)
        guard case .applied = await engine.submit(Command(id: "now", source: "http", action: .move(Movement(lines: [line])))) else {
            Issue.record("a movement is not applied")
            return
        }
        await engine.stop()
        try journal.close()
        #expect(try number() == JournalFormat.current)
        let after = try JournalAudit.run(path: path)
        #expect(after.difference == nil && after.last > before.last, "\(after)")
    }

    @Test("every migration that was released has its journal here")
    func complete() { #expect(Self.formats.last == JournalFormat.current) }

    @Test("a journal of a newer format is refused with what to do, and stays as it is")
    func newer() throws {
        let journal = try SQLiteJournal(path: path)
        try journal.close()
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = \(JournalFormat.current + 1)") }
        try queue.close()
        let content = FileManager.default.contents(atPath: path)
        for use in [{ _ = try SQLiteJournal(path: path) }, { _ = try JournalAudit.run(path: path) }] {
            let error = #expect(throws: JournalError.self) { try use() }
            #expect(error?.code == .newer)
            #expect(
                error?.message.contains(
                    "the format \(JournalFormat.current + 1), and this version of Tallywire reads formats up to")
                    == true && error?.message.contains("tallywire restore") == true)
        }
        #expect(FileManager.default.contents(atPath: path) == content)
    }
}
