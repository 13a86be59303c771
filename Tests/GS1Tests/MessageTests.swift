import GS1
import Testing

@Suite("Messages")
struct MessageTests {
    @Test("element strings are read", arguments: ElementStringFixtures.accepted)
    func elementStrings(text: String, bracketed: String) throws {
        let message = try GS1Message(elementString: text)
        #expect(message.description == bracketed)
        #expect(try GS1Message(elementString: message.elementString) == message)
    }

    @Test("what is no element string is refused with a place and words", arguments: ElementStringFixtures.refused)
    func refusedElementStrings(text: String, code: String, description: String) throws {
        let error = try #require(throws: GS1Error.self) { try GS1Message(elementString: text) }
        #expect(error.reason.code == code)
        #expect(error.description == description)
    }

    @Test("bracketed text is read", arguments: BracketedFixtures.accepted)
    func bracketed(text: String, elementString: String) throws {
        let message = try GS1Message(bracketed: text)
        #expect(message.elementString == elementString)
        #expect(message.bracketed == text)
    }

    @Test("what is no bracketed text is refused with a place and words", arguments: BracketedFixtures.refused)
    func refusedBracketed(text: String, code: String, description: String) throws {
        let error = try #require(throws: GS1Error.self) { try GS1Message(bracketed: text) }
        #expect(error.reason.code == code)
        #expect(error.description == description)
    }

    @Test("a separator stands only where one is needed")
    func separators() throws {
        let message = try GS1Message(bracketed: "(01)09521234543213(10)A(3103)001250(21)B(17)271231")
        #expect(message.elementString == "0109521234543213" + "10A\u{1D}" + "3103001250" + "21B\u{1D}" + "17271231")
        let last = try GS1Message(bracketed: "(01)09521234543213(10)A")
        #expect(last.elementString == "010952123454321310A")
    }

    @Test("a message made of elements is checked like one that was read")
    func fromElements() throws {
        let message = try GS1Message([Element(.gtin, "09521234543213"), Element(.batch, "AB-1")])
        #expect(try message == GS1Message(bracketed: "(01)09521234543213(10)AB-1"))
        #expect(throws: GS1Error.self) { try GS1Message([]) }
        #expect(throws: GS1Error.self) { try GS1Message([Element(.batch, "AB-1")]) }
        #expect(throws: GS1Error.self) { try GS1Message([Element(.gtin, "09521234543210")]) }
        let error = try #require(throws: GS1Error.self) { try GS1Message([Element(.gtin, "9521234543213")]) }
        #expect(error.description == "(01): the value is too short; expected N14, the format of GTIN")
    }

    @Test("an element knows where it was read, which does not make it another")
    func positions() throws {
        let message = try GS1Message(elementString: "0109521234543213\u{1D}10A\u{1D}21B")
        #expect(message.elements.map(\.position) == [0, 17, 21])
        #expect(message.elements[1] == Element(.batch, "A"))
        #expect(Set(message.elements).contains(Element(.serial, "B")))
    }

    @Test("unknown identifiers are accepted where the options say so and their length is known")
    func unknown() throws {
        var options = ParsingOptions()
        options.permitsUnknownIdentifiers = true
        #expect(throws: GS1Error.self) { try GS1Message(bracketed: "(89)A") }
        #expect(try GS1Message(bracketed: "(89)A", options: options).elementString == "89A")
        #expect(throws: GS1Error.self) { try GS1Message(elementString: "89A", options: options) }
        // 31nn have a predefined length, allocated or not, and need no separator.
        let message = try GS1Message(elementString: "3109123456" + "99A", options: options)
        #expect(message.bracketed == "(3109)123456(99)A")
        #expect(message.elementString == "3109123456" + "99A")
        #expect(throws: GS1Error.self) { try GS1Message(elementString: "310912345", options: options) }
        #expect(throws: GS1Error.self) { try GS1Message(bracketed: "(999)A", options: options) }
    }

    @Test("without companions each symbol of an item is read by itself")
    func companions() throws {
        var options = ParsingOptions()
        options.checksCompanions = false
        #expect(try GS1Message(elementString: "10AB", options: options).batch == "AB")
        #expect(throws: GS1Error.self) { try GS1Message(elementString: "10AB\u{1D}10AC", options: options) }
    }

    @Test("as many elements as the limit are read, and no more")
    func limits() throws {
        let most = (0..<GS1Message.maximumElementCount).map { _ in "91A" }.joined(separator: "\u{1D}")
        #expect(try GS1Message(elementString: most).elements.count == GS1Message.maximumElementCount)
        let tooMany = try #require(throws: GS1Error.self) { try GS1Message(elementString: most + "\u{1D}91A") }
        #expect(tooMany.description == "byte 256: this is more than is read at a time; expected at most 64 elements")
        let separators = String(repeating: "\u{1D}", count: GS1Message.maximumInputLength - 3) + "91A"
        #expect(try GS1Message(elementString: separators).elements.count == 1)
        let tooLong = try #require(throws: GS1Error.self) { try GS1Message(elementString: "\u{1D}" + separators) }
        #expect(tooLong.reason == .tooLarge)
        #expect(throws: GS1Error.self) { try GS1Message(bracketed: "(91)" + String(repeating: "A", count: 8192)) }
        #expect(throws: GS1Error.self) { try Scan("]A0" + String(repeating: "A", count: 8192)) }
    }

    @Test("every byte after every beginning is refused or read, never a trap")
    func everyByte() {
        for beginning in ["", "0", "01", "310", "0109521234543213", "0109521234543213" + "10", "8030", "8110", "423"] {
            for byte in UInt8.min...UInt8.max {
                for bytes in [Array(beginning.utf8) + [byte], Array(beginning.utf8) + [byte, byte, byte]] {
                    _ = try? GS1Message(elementString: bytes)
                    _ = try? GS1Message(bracketed: Array("(01)".utf8) + bytes)
                    _ = try? GS1Message(digitalLink: Array("https://a/".utf8) + bytes)
                    _ = try? Scan(Array("]d2".utf8) + bytes)
                    _ = try? Scan([UInt8(ascii: "]"), byte, byte] + bytes)
                }
            }
        }
    }
}
