import GS1
import Testing

private struct Row: Decodable, VectorRow {
    let src: String
    let ok: Bool?
    let bracketed: String?
    let fnc1: String?
    let lint: String?
}

@Suite("GS1's vectors: messages", .enabled(if: VectorFolder.isThere, VectorFolder.skipped))
struct MessageVectorTests {
    @Test("element strings are read or refused as by GS1's parser")
    func processAIRaw() throws {
        let leftOut = ["ai.c:1708": "data without FNC1 in first position: what this parser is given never has it"]
        for row in try VectorFolder.rows("process_ai_raw", of: Row.self, without: leftOut) {
            let text = try #require(row.fnc1)
            // The last row permits unknown identifiers: in an element string that does not help.
            var options = ParsingOptions.withoutCompanions
            options.permitsUnknownIdentifiers = row.src == "ai.c:1867"
            let message = try? GS1Message(elementString: InternalForm.elementString(of: text) ?? "", options: options)
            #expect((message != nil) == row.ok, "\(row.src): \(text)")
        }
    }

    @Test("bracketed text is read or refused as by GS1's parser, and becomes the same element string")
    func parseBracketed() throws {
        for row in try VectorFolder.rows("parse_ai_bracketed", of: Row.self) {
            let text = try #require(row.bracketed)
            let message = try? GS1Message(bracketed: text, options: .withoutCompanions)
            #expect(message.map(InternalForm.of) == (row.ok == true ? row.fnc1 : nil), "\(row.src): \(text)")
            if let message { #expect(message.bracketed == text, "\(row.src)") }
        }
    }

    @Test("repeats, exclusions, requirements and signed keys are judged as by GS1's rules")
    func validateRules() throws {
        var options = ParsingOptions.strict
        options.permitsUnknownIdentifiers = true
        for row in try VectorFolder.rows("validate_ai_rules", of: Row.self) {
            let text = try #require(row.bracketed)
            let message = try? GS1Message(bracketed: text, options: options)
            #expect((message != nil) == row.ok, "\(row.src): \(text)")
            if row.ok == false {
                // It has to be a rule between elements that refuses it, not the format of a value.
                #expect(throws: Never.self, "\(row.src): \(text)") { try Self.eachAlone(text, options: options) }
            }
        }
    }

    private static func eachAlone(_ text: String, options: ParsingOptions) throws {
        var options = options
        options.checksCompanions = false
        for part in text.split(separator: "(") { _ = try GS1Message(bracketed: "(" + part, options: options) }
    }

    @Test("the first thing wrong with a value is what GS1's linters say first")
    func lint() throws {
        for row in try VectorFolder.rows("lint_ai", of: Row.self) {
            let text = try #require(row.bracketed)
            let lint = try #require(row.lint)
            var reason: GS1Error.Reason?
            do throws(GS1Error) {
                _ = try GS1Message(bracketed: text, options: .withoutCompanions)
            } catch {
                reason = error.reason
                #expect((0...text.utf8.count).contains(try #require(error.position)), "\(row.src): \(error)")
            }
            if lint == "GS1_LINTER_OK" {
                #expect(reason == nil, "\(row.src): \(text)")
            } else {
                let violation = try #require(GS1Lint.violation(lint), "\(row.src): \(lint)")
                #expect(reason == .content(violation), "\(row.src): \(text)")
            }
        }
    }
}
