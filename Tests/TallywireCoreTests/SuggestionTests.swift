import Testing

@testable import TallywireCore

@Suite("Suggestions")
struct SuggestionTests {
    @Test(
        "typing errors are counted, a swap of neighbours is one",
        arguments: [
            ("host", "host", 0), ("hsot", "host", 1), ("hos", "host", 1), ("hosst", "host", 1), ("hast", "host", 1), ("", "ab", 2),
            ("ab", "", 2), ("kitten", "sitting", 3), ("ca", "abc", 3),
        ])
    func counts(a: String, b: String, errors: Int) {
        #expect(Suggestion.typingErrors(Array(a.unicodeScalars), Array(b.unicodeScalars)) == errors)
    }

    @Test(
        "the nearest name is suggested, and none that is far",
        arguments: [
            ("hsot", "host"), ("HOST", "host"), ("prot", "port"), ("ports", "port"), ("web", "websocket"),
            ("websocketsink", "websocket"),
            ("qo", "qos"), ("xxxx", nil), ("we", nil), ("", nil), ("sqr", nil),
        ] as [(String, String?)])
    func nearest(text: String, suggestion: String?) {
        #expect(Suggestion.nearest(to: text, among: ["host", "port", "websocket", "qos", "json-log"]) == suggestion)
    }
}
