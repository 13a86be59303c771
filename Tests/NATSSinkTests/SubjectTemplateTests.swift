import Foundation
import TallywireCore
import TallywirePipeline
import Testing

@testable import NATSSink

@Suite("The subject of an event")
struct SubjectTemplateTests {
    private func subject(_ template: String, sku: String? = nil, location: String? = nil) throws -> String? {
        try SubjectTemplate(template).subject(EventValues(event: .stockAlert, epoch: "e1", sku: sku, location: location))
    }

    @Test("has the values of the event, and _ for what the event does not have")
    func values() throws {
        #expect(try subject("stock.{location}.{sku}", sku: "TEE-RED-M", location: "WH1") == "stock.WH1.TEE-RED-M")
        #expect(try subject("{event}.{epoch}-{sku}.{product}", sku: "A") == "stock_alert.e1-A._")
        #expect(try subject("stock.{sku}") == "stock._")
        #expect(try subject("all") == "all")
    }

    @Test(
        "has no value that would be more than a part of a token, or another value",
        arguments: [
            ("a.b", "a%2Eb"), ("*", "%2A"), ("a>", "a%3E"), ("a b", "a%20b"), ("50%", "50%25"), ("$SYS", "%24SYS"), ("_", "%5F"),
            ("_a", "_a"),
            ("a/b", "a/b"), ("Größe", "Größe"), ("a\tb", "a%09b"), ("\u{7F}", "%7F"),
        ])
    func escaped(sku: String, token: String) throws {
        #expect(try subject("{sku}", sku: sku) == token)
        #expect(token.removingPercentEncoding == sku || sku == "_a")
    }

    @Test("is not longer than the limit")
    func limit() throws {
        let most = SubjectTemplate.limit - 2
        #expect(try subject("x.{sku}", sku: String(repeating: "a", count: most))?.utf8.count == SubjectTemplate.limit)
        #expect(try subject("x.{sku}", sku: String(repeating: "a", count: most + 1)) == nil)
    }

    @Test(
        "is refused with the reason",
        arguments: [
            ("", "a subject cannot be empty"), ("a..b", "a subject cannot be empty"), (".a", "a subject cannot be empty"),
            ("a b", "spaces and control characters"), ("a.>", "cannot contain * >"), ("a.*", "cannot contain * >"),
            ("a\"b", "cannot contain * > \""), ("$JS.x", "begin with $"), ("{sku", "the subject has a { without a }"),
            ("{skus}", "the subject cannot have {skus}; these can stand there: {event} {epoch}"),
        ])
    func refused(text: String, reason: String) throws {
        let mistake = try #require(throws: TemplateMistake.self) { try SubjectTemplate(text) }
        #expect(mistake.description.contains(reason))
    }

    @Test("is covered by a pattern with a wildcard for each part that has a value")
    func pattern() throws {
        #expect(try SubjectTemplate("stock.{location}.x-{sku}").pattern == "stock.*.*")
        #expect(try SubjectTemplate("all").pattern == "all")
    }

    @Test(
        "two patterns overlap where a subject is in both",
        arguments: [
            ("a.b", "a.b", true), ("a.*", "a.b", true), ("a.*", "*.b", true), (">", "a.*.c", true), ("a.>", "a.b.c", true),
            ("a.>", "a", false), ("a", "a.b", false), ("a.b", "a.c", false), ("a.*", "a.b.c", false), ("b.>", "a.b", false),
        ])
    func overlap(left: String, right: String, does: Bool) {
        #expect(SubjectTemplate.overlap(left, right) == does && SubjectTemplate.overlap(right, left) == does)
    }
}
