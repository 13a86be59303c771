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

    /// With `COPY_EVENTS=1000000` the figures are those of a large journal; see `make copy-figures`.
    @Test("goes on beside the commits, which do not wait for the whole of it", .timeLimit(.minutes(30)))
    func besideCommits() async throws {
        let count = ProcessInfo.processInfo.environment["COPY_EVENTS"].flatMap { Int($0) } ?? 3_000
        var script = JournalScript()
        let journal = try journal(&script, movements: 0)
        while script.state.seq < count {
            let line = Movement.Line(item: .sku("A-1"), location: "MAIN", operation: .add, quantity: 1)
            let actions = Array(repeating: Command.Action.move(Movement(lines: [line])), count: min(500, count))
            try journal.append(script.entry(journal.applied() + 1, script.batch(actions)))
        }
        let (target, clock, start) = (target, ContinuousClock(), script.state.seq)
        let isCopied = Mutex(false)
        var times: [(isBeside: Bool, wait: Duration)] = []
        func commit(isBeside: Bool) throws {
            let entry = script.entry(try journal.applied() + 1, script.movement(1))
            times.append((isBeside, try clock.measure { try journal.append(entry) }))
        }
        for _ in 0..<500 { try commit(isBeside: false) }
        async let copying = {
            defer { isCopied.withLock { $0 = true } }
            let begin = clock.now
            // The commits wait for a processor too, so a small journal is copied in many steps.
            let copy = try await journal.copy(to: target, pagesPerStep: count < 100_000 ? 2 : 128)
            return (copy, clock.now - begin)
        }()
        while !isCopied.withLock({ $0 }) {
            try commit(isBeside: true)
            await Task.yield()
        }
        let (copy, took) = try await copying
        try journal.close()
        #expect((start...script.state.seq).contains(copy.seq) && times.contains { $0.isBeside })
        let report = try JournalAudit.run(path: target)
        #expect(report.difference == nil && report.last == copy.seq)
        guard count >= 100_000 else { return }
        func percentile(_ share: Double, isBeside: Bool) -> Duration {
            let waits = times.filter { $0.isBeside == isBeside }.map(\.wait).sorted()
            return waits[Int(Double(waits.count - 1) * share)]
        }
        print("\(count) events: \(copy.bytes / 1_000_000) MB copied in \(took), \(times.count { $0.isBeside }) commits beside it")
        for share in [0.5, 0.99, 1] {
            print("  \(share): \(percentile(share, isBeside: false)) alone, \(percentile(share, isBeside: true)) beside the copy")
        }
    }
}
