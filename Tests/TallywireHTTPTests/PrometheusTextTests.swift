import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("The Prometheus text format")
struct PrometheusTextTests {
    @Test("quotes, backslashes and line ends in a label are escaped, whatever stands behind them")
    func labels() {
        var text = PrometheusText()
        text.sample("x", [("sink", "a\"\u{301}b\\\u{301}c\"d\\e\nf")], 1)
        #expect(text.text.unicodeScalars.elementsEqual("x{sink=\"a\\\"\u{301}b\\\\\u{301}c\\\"d\\\\e\\nf\"} 1\n".unicodeScalars))
    }
}
