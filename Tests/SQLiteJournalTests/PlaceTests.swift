import Foundation
import GRDB
import Logging
import SQLiteJournal
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@Suite("A journal that was put back")
struct PlaceTests {
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }

    init() throws { folder = try TemporaryFolder() }

    private func copy(_ from: String, _ to: String) throws {
        if FileManager.default.fileExists(atPath: to) { try FileManager.default.removeItem(atPath: to) }
        try FileManager.default.copyItem(atPath: from, toPath: to)
    }

    /// Opens the journal, appends so many movements, and closes it. Answers its epoch and its last event.
    private func run(_ script: inout JournalScript, movements: Int, known: [JournalWitness] = []) async throws -> (
        epoch: String, last: UInt64
    ) {
        let journal = try SQLiteJournal(path: path, configuration: .init(known: known))
        if script.state.seq == 0 { try journal.append(script.catalogue()) }
        for _ in 0..<movements { try journal.append(script.movement(1)) }
        let last = try await journal.range().last
        let epoch = journal.epoch
        try journal.close()
        return (epoch, last)
    }

    @Test("keeps its epoch as long as nothing but itself is opened, however it was closed")
    func same() async throws {
        var script = JournalScript()
        let (epoch, _) = try await run(&script, movements: 3)
        for _ in 0..<3 { #expect(try await run(&script, movements: 2).epoch == epoch) }
        // Not closed, as when the process is killed.
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.movement(1))
        let crashed = folder.file("crashed")
        try FileManager.default.createDirectory(atPath: crashed, withIntermediateDirectories: true)
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasPrefix("tallywire.db") {
            try copy(folder.file(file), crashed + "/" + file)
        }
        try journal.close()
        let again = try SQLiteJournal(path: crashed + "/tallywire.db")
        #expect(again.epoch == epoch)
        try again.close()
    }

    @Test("an older copy gets a new epoch, and its numbers go on")
    func olderCopy() async throws {
        var script = JournalScript()
        let (epoch, _) = try await run(&script, movements: 3)
        try copy(path, folder.file("backup"))
        var old = script
        _ = try await run(&script, movements: 10)
        try copy(folder.file("backup"), path)
        let (next, last) = try await run(&old, movements: 12)
        #expect(next != epoch && last == old.state.seq)
        #expect(try await run(&old, movements: 1).epoch == next, "once")
        #expect(try JournalAudit.run(path: path).difference == nil)
    }

    @Test("a copy of the same opening that ends earlier is an older one too")
    func sameOpening() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        let epoch = journal.epoch
        try journal.append(script.catalogue())
        try await DatabaseQueue(path: path).writeWithoutTransaction { [folder] db in
            try db.execute(sql: "VACUUM INTO ?", arguments: [folder.file("backup")])
        }
        try journal.append(script.movement(1))
        try journal.close()
        try copy(folder.file("backup"), path)
        #expect(try SQLiteJournal(path: path).epoch != epoch)
    }

    @Test("another journal in this place gets a new epoch")
    func another() async throws {
        var (mine, theirs) = (JournalScript(), JournalScript())
        let (epoch, _) = try await run(&mine, movements: 3)
        let other = try TemporaryFolder()
        let journal = try SQLiteJournal(path: other.file("tallywire.db"))
        try journal.append(theirs.catalogue())
        let foreign = journal.epoch
        try journal.close()
        try copy(other.file("tallywire.db"), path)
        let (next, _) = try await run(&theirs, movements: 1)
        #expect(next != epoch && next != foreign)
    }

    @Test("a log that knows more than the journal tells that it was put back")
    func witness() async throws {
        var script = JournalScript()
        let (epoch, last) = try await run(&script, movements: 3)
        func known(_ seq: UInt64, _ epoch: String) -> [JournalWitness] {
            [JournalWitness(name: "the log", epoch: epoch, seq: seq)]
        }
        #expect(try await run(&script, movements: 0, known: known(last, epoch)).epoch == epoch)
        #expect(try await run(&script, movements: 0, known: known(last + 1, "another")).epoch == epoch)
        #expect(try await run(&script, movements: 0, known: known(last + 1, epoch)).epoch != epoch)
    }

    @Test("a journal that is reached by another name is refused while it is open", arguments: [true, false])
    func links(isSymbolic: Bool) throws {
        let journal = try SQLiteJournal(path: path)
        let link = folder.file("link.db")
        if isSymbolic {
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        } else {
            try FileManager.default.linkItem(atPath: path, toPath: link)
        }
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(path: link) }
        #expect(error?.code == .locked)
        try journal.close()
    }

    @Test("others may not read the journal's files")
    func modes() throws {
        let inner = folder.file("data")
        let journal = try SQLiteJournal(path: inner + "/tallywire.db")
        var script = JournalScript()
        try journal.append(script.catalogue())
        func mode(_ path: String) throws -> Int {
            try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int) & 0o007
        }
        for file in try FileManager.default.contentsOfDirectory(atPath: inner) {
            #expect(try mode(inner + "/" + file) == 0, "\(file)")
        }
        #expect(try mode(inner) == 0)
        try journal.close()
    }

    @Test("the version of a removed SKU is known after a restart")
    func versions() async throws {
        var script = JournalScript()
        let journal = try SQLiteJournal(path: path)
        try journal.append(script.catalogue())
        let version = try #require(script.state.variants[VariantID(12)]).version
        try journal.append(script.removal())
        try journal.close()
        let again = try SQLiteJournal(path: path)
        var state = try again.load()
        let outcome = state.decide(
            Command(source: "test", action: .addVariant(ProductID(1), NewVariant(sku: "A-2", name: "Two"))), id: "x",
            now: Timestamp(milliseconds: 0))
        _ = try #require(outcome.outcome.receipt)
        #expect(state.variant(withSKU: "A-2").flatMap { state.variants[$0]?.version } == version)
    }

    @Test("a barcode is found in any form of its GTIN, and products in any case")
    func reading() async throws {
        let journal = try SQLiteJournal(path: path)
        let engine = try InventoryEngine(journal: journal, logger: .init(label: "test"))
        let product = NewProduct(
            name: "Ärmelkanal-Öl", content: .single(NewVariant(sku: "AE-É", name: "x", barcodes: [Barcode(code: "012345678905")])))
        _ = await engine.submit(Command(source: "test", action: .createProduct(product)))
        for form in ["012345678905", "0012345678905", "00012345678905"] {
            #expect(try await journal.variant(.barcode(form)).value?.variant.sku == "AE-É", "\(form)")
        }
        for search in ["ärmel", "ÄRMEL", "armel", "ae-é", "AE-E", "öl", "%", "_"] {
            let isThere = search != "%" && search != "_"
            #expect(try await journal.products(after: nil, limit: 9, search: search).value.count == (isThere ? 1 : 0), "\(search)")
        }
        _ = await engine.submit(Command(source: "test", action: .updateProduct(ProductID(1), ProductUpdate(name: "Oil"))))
        #expect(try await journal.products(after: nil, limit: 9, search: "ärmel").value.isEmpty)
        #expect(try await journal.products(after: nil, limit: 9, search: "OIL").value.count == 1)
        await engine.stop()
    }
}
