import Foundation
import GS1
import Testing

@Suite("The table of application identifiers")
struct DictionaryTests {
    @Test("an identifier knows its format, its title and its place in a URI")
    func definition() throws {
        let gdti = try #require(ApplicationIdentifier.documentType.definition)
        #expect(gdti.components.map(\.description) == ["N13", "[X..17]"])
        #expect(gdti.title == "GDTI")
        #expect(gdti.minimumLength == 13)
        #expect(gdti.maximumLength == 30)
        #expect(!gdti.hasPredefinedLength)
        #expect(gdti.qualifiers == [])
        let gtin = try #require(ApplicationIdentifier.gtin.definition)
        #expect(gtin.hasPredefinedLength)
        #expect(gtin.qualifiers?.map { $0.map(\.description) } == [["22", "10", "21"], ["235"]])
        #expect(gtin.exclusions.map(\.description) == ["255", "37"])
        let price = try #require(ApplicationIdentifier("3922")?.definition)
        #expect(price.requirements.first?.map { $0.map(\.description) }.last == ["01", "36nn"])
        #expect(price.qualifiers == nil)
        #expect(ApplicationIdentifier("3106")?.definition == nil)
        #expect(ApplicationIdentifier("89")?.definition == nil)
    }

    @Test("lengths are predefined for just the identifiers that begin with the digits of the General Specifications' figure")
    func predefinedLengths() {
        var lengths: [String: Int] = ["00": 18, "01": 14, "02": 14, "03": 14, "20": 2, "41": 13]
        for prefix in 11...17 { lengths["\(prefix)"] = 6 }
        for prefix in 31...36 { lengths["\(prefix)"] = 6 }
        var count = 0
        let texts = (0...9).map { "0\($0)" } + (10...9999).map(String.init)
        for definition in texts.compactMap({ ApplicationIdentifier($0)?.definition }) {
            let prefix = String("\(definition.applicationIdentifier)".prefix(2))
            #expect(definition.hasPredefinedLength == (lengths[prefix] != nil), "\(definition.applicationIdentifier)")
            if let length = lengths[prefix] {
                #expect(definition.minimumLength == length && definition.maximumLength == length)
            }
            count += 1
        }
        #expect(count > 500)
    }

    @Test("identifiers are two to four digits, in the order of the table")
    func identifiers() throws {
        for text in ["", "1", "12345", "1a", "-1", "01 ", "٠١"] { #expect(ApplicationIdentifier(text) == nil, "\(text)") }
        let texts = ["00", "01", "10", "235", "30", "3100", "37", "710", "8003", "99"]
        let identifiers = try texts.map { try #require(ApplicationIdentifier($0)) }
        #expect(identifiers.map(\.description) == texts)
        #expect(identifiers.shuffled().sorted() == identifiers)
    }

    @Test("the embedded table is the dictionary it was made from", .enabled(if: VectorFolder.isThere, VectorFolder.skipped))
    func embedded() throws {
        let folder = try #require(VectorFolder.url)
        let dictionary = try String(contentsOf: folder.appending(path: "gs1-syntax-dictionary.txt"), encoding: .utf8)
        let entries = dictionary.split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.split { $0 == " " || $0 == "\t" }.joined(separator: " ") }.filter { !$0.isEmpty }
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/GS1/Dictionary/SyntaxDictionary+Entries.swift").standardized
        let embedded = try String(contentsOf: source, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("        ") && !$0.hasSuffix("\"\"\"") }.map { String($0.dropFirst(8)) }
        #expect(embedded == entries)
        #expect(entries.count > 200)
        for entry in entries {
            let first = entry.split { $0 == " " || $0 == "-" }[0]
            #expect(ApplicationIdentifier(first)?.definition != nil, "\(entry)")
        }
    }
}
