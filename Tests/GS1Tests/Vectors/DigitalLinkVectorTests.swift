import GS1
import Testing

private struct ParsingRow: Decodable, VectorRow {
    let src: String
    let ok: Bool
    let uri: String
    let fnc1: String
    let permitZeroSuppressedGtin: Bool
    let permitUnknownAi: Bool
    let permitAlphaKeys: Bool
    let unknownNotDlAttr: Bool

    var options: ParsingOptions {
        var options = ParsingOptions.withoutCompanions
        options.permitsShortGTINs = permitZeroSuppressedGtin
        options.permitsUnknownIdentifiers = permitUnknownAi
        options.permitsKeyNames = permitAlphaKeys
        options.permitsUnknownAttributes = !unknownNotDlAttr
        return options
    }
}

private struct GenerationRow: Decodable, VectorRow {
    let src: String
    let ok: Bool
    let stem: String?
    let bracketed: String
    let uri: String
}

@Suite("GS1's vectors: GS1 Digital Link", .enabled(if: VectorFolder.isThere, VectorFolder.skipped))
struct DigitalLinkVectorTests {
    @Test("URIs are read or refused as by GS1's engine, and become the same element string")
    func parse() throws {
        for row in try VectorFolder.rows("parse_dl_uri", of: ParsingRow.self) {
            let message = try? GS1Message(digitalLink: row.uri, options: row.options)
            #expect(message.map(InternalForm.of) == (row.ok ? row.fnc1 : nil), "\(row.src): \(row.uri)")
        }
    }

    @Test("messages become the URIs that GS1's engine makes of them")
    func generate() throws {
        for row in try VectorFolder.rows("generate_dl_uri", of: GenerationRow.self) {
            var options = ParsingOptions.withoutCompanions
            // From line 2194 on GS1's test permits unknown identifiers, and at 2206 takes them as attributes.
            options.permitsUnknownIdentifiers = true
            options.permitsUnknownAttributes = row.src == "dl.c:2206"
            let message = try GS1Message(bracketed: row.bracketed, options: options)
            let uri = try? message.digitalLink(stem: row.stem ?? GS1Message.canonicalStem, options: options)
            #expect(uri == (row.ok ? row.uri : nil), "\(row.src): \(row.bracketed)")
        }
    }
}
