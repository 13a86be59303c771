import Testing

@testable import QRCode

@Suite("QR codes")
struct QRCodeTests {
    @Test("a text has the code that the standard gives it: finder patterns in three corners, and a size by its length")
    func shape() throws {
        let code = try QRCode("TW:AT:WH1")
        #expect(code.size == 21 && code.modules.count == 441)
        func row(_ row: Int, _ columns: Range<Int>) -> [Bool] { columns.map { code.modules[row * code.size + $0] } }
        for columns in [0..<7, 14..<21] { #expect(row(0, columns).allSatisfy { $0 }) }
        #expect(row(1, 0..<7) == [true, false, false, false, false, false, true])
        #expect(row(19, 0..<7) == row(1, 0..<7) && row(19, 14..<21) != row(1, 0..<7))
        #expect(try QRCode(String(repeating: "x", count: 100)).size > 21)
        #expect(try QRCode("TW:UNDO") != QRCode("TW:END"))
        #expect(try QRCode("TW:AT:Wh1") != code, "the case of a letter counts")
    }

    @Test("the path draws each dark module once, inside of the quiet zone")
    func path() throws {
        let code = try QRCode("TW:TO:STORE-7")
        var drawn = 0
        for match in code.path.matches(of: #/M(\d+) (\d+)h(\d+)v1h-(\d+)z/#) {
            let (x, y, width) = (Int(match.1)!, Int(match.2)!, Int(match.3)!)
            #expect(x >= 4 && y >= 4 && x + width <= code.size + 4 && y < code.size + 4 && match.3 == match.4)
            drawn += width
        }
        #expect(drawn == code.modules.count { $0 })
    }

    @Test("what does not fit, is empty or contains NUL is refused by name")
    func refusals() throws {
        #expect(try QRCode(String(repeating: "x", count: QRCode.capacity)).size == 177)
        for (text, word) in [(String(repeating: "x", count: QRCode.capacity + 1), "2331"), ("", "empty"), ("a\0b", "NUL")] {
            do throws(QRCode.Failure) {
                _ = try QRCode(text)
                Issue.record("\(text.prefix(5)) was taken")
            } catch {
                #expect(error.description.contains(word))
            }
        }
    }
}
