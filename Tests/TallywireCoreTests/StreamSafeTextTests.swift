import Foundation
import TallywireCore
import Testing

@Suite("Letters with any number of marks")
struct StreamSafeTextTests {
    private func marks(_ count: Int, _ mark: String = "\u{301}") -> String { "a" + String(repeating: mark, count: count) }

    private func breach(_ text: String) -> Int? { StreamSafeText.firstBreach(in: text.utf8) }

    @Test("thirty marks are allowed, and the place of the next is told")
    func border() {
        #expect(breach(marks(30)) == nil)
        #expect(breach(marks(31)) == 1 + 30 * 2)
        #expect(breach(marks(30) + "b" + marks(30)) == nil, "each letter has its own")
        #expect(breach("x" + marks(30) + "\u{316}") == 2 + 30 * 2, "marks of any kind")
    }

    @Test(
        "marks beyond the basic plane, and scalars that are made of two, are marks", arguments: ["\u{1D165}", "\u{F73}", "\u{344}"])
    func others(mark: String) { #expect(breach(marks(31, mark)) == 1 + 30 * mark.utf8.count) }

    @Test(
        "what languages write is fine",
        arguments: ["Tiếng Việt", "नमस्ते", "שָׁלוֹם", "สวัสดี", "👩‍👩‍👧‍👦", "한국어", "", "a\\n\\\\"])
    func fine(text: String) { #expect(breach(String(repeating: text, count: 50)) == nil) }

    @Test("an escape of JSON counts as what it means, whatever it looks like")
    func escapes() {
        func escaped(_ escape: String, _ count: Int) -> String { "\"a" + String(repeating: escape, count: count) + "\"" }
        #expect(breach(escaped("\\u0301", 30)) == nil)
        #expect(breach(escaped("\\u0301", 31)) == 2 + 30 * 6)
        #expect(breach(escaped("\\uD834\\udd65", 31)) == 2 + 30 * 12)
        #expect(breach(escaped("\\u0301\u{316}", 16)) == 2 + 15 * 8, "both ways in turn")
        #expect(breach(escaped("\\u4f60", 100)) == nil, "letters in escapes, as Python writes them")
        #expect(breach(escaped("\\\\u0301", 100)) == nil, "an escaped backslash begins no escape")
        #expect(breach(escaped("\\ud834", 100)) == nil && breach("\\u03") == nil && breach("\\") == nil)
    }

    @Test("bytes that are no text are no marks, and nothing is read behind the end")
    func bytes() {
        #expect(StreamSafeText.isKept(by: [UInt8](repeating: 0xCC, count: 100)))
        #expect(
            StreamSafeText.isKept(by: [0xCC]) && StreamSafeText.isKept(by: [0xF0, 0x9D, 0x85]) && StreamSafeText.isKept(by: []))
        #expect(StreamSafeText.isKept(by: [UInt8](0...255)))
    }
}
