import Foundation
import SQLiteJournal
import Synchronization
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@Suite("A copy of a journal that is in use")
struct CopyTests {
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db") }
    var target: String { folder.file("copy.db") }
    private let node = SQLiteJournal.Configuration(epoch: "cluster-1")

    init() throws { folder = try TemporaryFolder() }

    /// A journal of so many movements, each an entry.
    private func journal(_ script: inout JournalScript, movements: Int) throws -> SQLiteJournal {
        let journal = try SQLiteJournal(path: path, configuration: node)
        try journal.append(script.entry(1, script.catalogue()))
        for _ in 0..<movements {
            try journal.append(script.entry(journal.applied() + 1, script.movement(1, id: "id-\(script.state.seq)")))
        }
        return journal
    }

    @Test("is the journal at one moment, whatever is written meanwhile, and goes on elsewhere under the same epoch")
    func whole() async throws {
        var script = JournalScript()
        let journal = try journal(&script, movements: 300)
        try await journal.storeCursor(7, of: "log")
        try journal.append(script.entry(302, positions: ["shop": 9]))
        let (state, now) = (script.state, script)
        let writer = Mutex(script)
        let steps = Mutex<[JournalCopy.Progress]>([])
        let copy = try await journal.copy(to: target, pagesPerStep: 8) { step in
            steps.withLock { $0.append(step) }
            writer.withLock { script in
                do { try journal.append(script.entry(journal.applied() + 1, script.movement(1))) } catch { Issue.record(error) }
            }
        }
        let seen = steps.withLock { $0 }
        #expect(seen.count > 1 && seen.map(\.bytes) == seen.map(\.bytes).sorted() && seen.last?.bytes == copy.bytes)
        #expect(Set(seen.map(\.total)) == [copy.bytes])
        #expect(copy.seq == state.seq && copy.applied == 302)
        #expect(try journal.applied() == 302 + UInt64(seen.count))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("copy") }
        #expect(files == ["copy.db"])
        let mode = try FileManager.default.attributesOfItem(atPath: target)[.posixPermissions] as? Int
        #expect(mode == 0o640)
        #expect(try JournalAudit.run(path: target).difference == nil)

        let other = try SQLiteJournal(path: target, configuration: node)
        #expect(other.epoch == "cluster-1")
        #expect(try other.applied() == 302 && other.load().variants == state.variants)
        #expect(try other.answer(to: "id-\(state.seq - 1)") != nil)
        #expect(try await other.cursor(of: "shop") == 9)
        var following = now
        try other.append(following.entry(303, following.movement(1)))
        try other.close()
        try journal.close()
    }

    @Test("that is cancelled leaves no file")
    func cancelled() async throws {
        var script = JournalScript()
        let journal = try journal(&script, movements: 300)
        let (target, gate) = (target, DispatchSemaphore(value: 0))
        let (steps, step) = AsyncStream.makeStream(of: Void.self)
        let copying = Task {
            try await journal.copy(to: target, pagesPerStep: 8) { _ in
                step.yield()
                gate.wait()
            }
        }
        for await _ in steps { break }
        copying.cancel()
        for _ in 0..<1_000 { gate.signal() }
        await #expect(throws: CancellationError.self) { try await copying.value }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("copy") }.isEmpty)
        try journal.close()
    }

    @Test("replaces nothing, and says why there is none")
    func refused() async throws {
        var script = JournalScript()
        let journal = try journal(&script, movements: 3)
        try "mine".write(toFile: target, atomically: true, encoding: .utf8)
        var error = await #expect(throws: JournalError.self) { try await journal.copy(to: target) }
        #expect(error?.code == .storage && error?.message.contains(target) == true)
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "mine")
        let nowhere = folder.file("none/copy.db")
        error = await #expect(throws: JournalError.self) { try await journal.copy(to: nowhere) }
        #expect(error?.code == .storage && error?.message.contains(nowhere) == true)
        try FileManager.default.removeItem(atPath: target)
        try "half".write(toFile: target + ".part", atomically: true, encoding: .utf8)
        #expect(try await journal.copy(to: target).seq == script.state.seq, "what a crash left of an earlier copy is replaced")
        try journal.close()
    }
}
