import Testing

@testable import TallywireCommands
@testable import TallywireServer

@Suite("Lines from a scanner")
struct ScannedLinesTests {
    private func lines(_ pieces: [String]) throws -> [String] {
        var rest = pieces[...]
        var lines = ScannedLines { rest.popFirst().map { Array($0.utf8) } ?? [] }
        var result: [String] = []
        while let line = try lines.next() { result.append(line) }
        return result
    }

    @Test("a line ends with LF, CR or CR LF, in whatever pieces it comes, and the last one needs no end")
    func ends() throws {
        #expect(try lines(["A\nB\rC\r\nD"]) == ["A", "B", "C", "D"])
        #expect(try lines(["A\r", "\nB\r\n\r\n", "C\r\rD\n\n"]) == ["A", "B", "", "C", "", "D", ""])
        #expect(try lines(["4006381333931\r4006381333948\r"]) == ["4006381333931", "4006381333948"])
        #expect(try lines([]) == [])
    }

    @Test("a byte order mark at the beginning is no part of the first code, and one elsewhere stays")
    func mark() throws {
        #expect(try lines(["\u{FEFF}A\r\n\u{FEFF}B\n"]) == ["A", "\u{FEFF}B"])
        #expect(try lines(["\u{FEFF}"]) == [""])
    }

    @Test("a line that is given at once does not wait for what follows CR")
    func atOnce() throws {
        var readings = 0
        var lines = ScannedLines {
            readings += 1
            return readings == 1 ? Array("A\r".utf8) : []
        }
        #expect(try lines.next() == "A" && readings == 1)
    }

    @Test("a line beyond 64 KiB is refused")
    func limit() throws {
        #expect(try lines([String(repeating: "x", count: ScannedLines.longest)]).first?.utf8.count == ScannedLines.longest)
        #expect(throws: Failure.self) { try lines([String(repeating: "x", count: ScannedLines.longest + 1)]) }
    }
}
