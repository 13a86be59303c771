import Foundation
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@Suite("What was being handled at a crash", .serialized)
struct HandlingNoteTests {
    private static let variable = "TALLYWIRE_TEST_HANDLING_NOTE"
    let folder: TemporaryFolder
    var path: String { folder.file("tallywire.db.handling") }

    init() throws {
        folder = try TemporaryFolder()
        // What an exit test's process is told.
        setenv(Self.variable, path, 1)
    }

    private static func open() throws -> HandlingNote {
        let note = try HandlingNote(path: String(cString: getenv(variable)))
        note.watchCrashes()
        return note
    }

    private var poison: Set<UInt64> { get throws { try HandlingNote(path: path).poison } }

    private func crash() async {
        await #expect(processExitsWith: .failure) {
            let note = try Self.open()
            note.slot().handling(7) { fatalError("as arithmetic that traps") }
        }
    }

    @Test("what was being handled at two crashes in a row is poison, and stays so")
    func poisoned() async throws {
        await crash()
        await crash()
        #expect(try poison == [7])
        #expect(try poison == [7], "also at the next start")
        await #expect(processExitsWith: .failure) {
            let note = try Self.open()
            note.slot().handling(8) { fatalError() }
        }
        #expect(try poison == [7], "and after another message's crash")
    }

    @Test("what fills the stack is poison as well, on whichever thread")
    func overflow() async throws {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let note = try Self.open()
            note.slot().handling(7) { _ = Self.fillStack(1) }
        }
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let slot = try Self.open().slot()
            let thread = Thread { slot.handling(7) { _ = Self.fillStack(1) } }
            thread.start()
            while true { sleep(1) }
        }
        #expect(try poison == [7])
    }

    /// More calls in one another than any stack has room for.
    private static func fillStack(_ depth: Int) -> Int { depth == .max ? 0 : fillStack(depth + 1) &+ depth }

    @Test("what was being handled at one crash is not, nor what another crash lies between")
    func once() async throws {
        await crash()
        #expect(try poison.isEmpty)
        await #expect(processExitsWith: .failure) {
            let note = try Self.open()
            note.slot().handling(8) { fatalError() }
        }
        await crash()
        #expect(try poison.isEmpty)
        await crash()
        #expect(try poison == [7])
    }

    @Test("what was handled before a crash is not blamed for it")
    func before() async throws {
        for _ in 0..<2 {
            await #expect(processExitsWith: .failure) {
                let note = try Self.open()
                let slot = note.slot()
                slot.handling(7) {}
                fatalError()
            }
        }
        #expect(try poison.isEmpty)
    }

    @Test("whoever kills the process from outside blames nothing")
    func killed() async throws {
        for _ in 0..<3 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                let note = try Self.open()
                note.slot().handling(7) { _ = kill(getpid(), SIGKILL) }
            }
        }
        #expect(try poison.isEmpty)
    }

    @Test("a mark is the same in every run, and another one for other bytes")
    func marks() {
        #expect(HandlingNote.mark("till-1\u{1F}1") == HandlingNote.mark("till-1\u{1F}1"))
        let texts = ["", "a", "b", "ab", "aaaaaaaa", "aaaaaaaaa", "aaaaaaab", String(repeating: "a", count: 1000)]
        #expect(Set(texts.map { HandlingNote.mark($0) }).count == texts.count)
        #expect(HandlingNote.mark("").description != "0")
    }

    @Test("a file that is none is begun anew, and one that cannot be written is an error")
    func damaged() throws {
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try poison.isEmpty)
        #expect(throws: JournalError.self) { try HandlingNote(path: folder.path) }
    }
}
