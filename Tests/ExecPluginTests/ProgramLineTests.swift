import Testing

@testable import ExecPlugin

@Suite("Lines of a sink's program")
struct ProgramLineTests {
    private func line(_ text: String) throws -> ProgramLine { try ProgramLine(Array(text.utf8)) }

    @Test(
        "each line of the protocol is understood",
        arguments: [
            (#"{"tallywire":1}"#, ProgramLine.greeting), (#"{"ack":7}"#, .ack(7)),
            (#" {"ack" : 9007199254740991 } "#, .ack(9_007_199_254_740_991)),
            (#"{"reject":7,"reason":"no such shelf"}"#, .reject(7, reason: "no such shelf")),
            (#"{"reject":7}"#, .reject(7, reason: "the program gave no reason")),
            (#"{"retry":7}"#, .retry(7, after: .zero)), (#"{"after":"2s","retry":7}"#, .retry(7, after: .seconds(2))),
            (#"{"retry":7,"after":"1h"}"#, .retry(7, after: .seconds(3_600))), (#"{"log":"ready"}"#, .log("ready")),
        ])
    func understood(text: String, expected: ProgramLine) throws { #expect(try line(text) == expected) }

    @Test(
        "anything else is a mistake that the message shows",
        arguments: [
            "", "ok", "[]", "7", "{}", #"{"ack":7"#, #"{"ack":"7"}"#, #"{"ack":0}"#, #"{"ack":-1}"#, #"{"ack":1.5}"#,
            #"{"ack":99999999999999999999}"#, #"{"ack":7,"ack":8}"#, #"{"ack":7,"reason":"x"}"#, #"{"ack":7,"reject":8}"#,
            #"{"tallywire":2}"#, #"{"tallywire":true}"#, #"{"log":7}"#, #"{"retry":7,"after":2}"#, #"{"retry":7,"after":"2 s"}"#,
            #"{"retry":7,"after":"3601s"}"#, #"{"seq":7}"#, #"{"INFO":"starting"}"#,
        ])
    func mistakes(text: String) {
        let mistake = #expect(throws: ProtocolMistake.self) { try line(text) }
        #expect(mistake?.words(Redaction([:])).contains("“\(text)”") == true)
    }

    @Test("a message shows 80 characters, and a reason has 500")
    func limits() throws {
        let mistake = #expect(throws: ProtocolMistake.self) { try line(String(repeating: "x", count: 81)) }
        #expect(mistake?.words(Redaction([:])).contains(String(repeating: "x", count: 80) + "…”") == true)
        let reason = String(repeating: "y", count: 501)
        #expect(try line(#"{"reject":1,"reason":"\#(reason)"}"#) == .reject(1, reason: String(reason.dropLast())))
    }
}
