import Foundation
import TallywireCore
import Testing

@Suite("JSON from outside")
struct OutsideJSONTests {
    private struct Anything: Decodable {}

    /// Without the white space behind it, the first two of these end the process, and the test with it.
    @Test(
        "nesting that is too deep is refused, wherever it ends",
        arguments: ["[", "{\"a\":"], [511, 512, 513, 514, 100_000])
    func depth(open: String, levels: Int) {
        let text = String(repeating: open, count: levels)
        for end in ["", "[", "{", "1", "\"", " "] {
            #expect(throws: (any Error).self) { try JSONDecoder().decode(Anything.self, fromOutside: (text + end).utf8) }
        }
    }

    @Test("what is right is read as ever")
    func right() throws {
        #expect(try JSONDecoder().decode([Int].self, fromOutside: Array("[1,2]".utf8)) == [1, 2])
        #expect(try JSONDecoder().decode(Int.self, fromOutside: Data("7".utf8)) == 7)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Int.self, fromOutside: Array("7 8".utf8)) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Int.self, fromOutside: [UInt8]()) }
    }
}
