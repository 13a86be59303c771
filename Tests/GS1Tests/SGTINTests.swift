import GS1
import Testing

@Suite("SGTIN")
struct SGTINTests {
    @Test("EPC memory is read", arguments: SGTINFixtures.memory)
    func memory(hexadecimal: String, expected: String) throws {
        let sgtin = try SGTIN(hexadecimal: hexadecimal)
        #expect("\(sgtin) \(sgtin.filter) \(sgtin.gtin)" == expected)
        let again = hexadecimal.utf8.count == 24 ? try sgtin.sgtin96() : sgtin.sgtin198()
        // SGTIN-198 may come with its last byte, which is there to fill a word, or without.
        #expect(again.hasPrefix(hexadecimal.uppercased()))
    }

    @Test("URIs are read", arguments: SGTINFixtures.uris)
    func uris(uri: String, expected: String) throws {
        let sgtin = try SGTIN(uri: uri)
        #expect("\(sgtin) \(sgtin.gtin) \(sgtin.sgtin198())" == expected)
    }

    @Test("what is no SGTIN is refused with words", arguments: SGTINFixtures.refused)
    func refused(text: String, code: String, description: String) throws {
        let error = try #require(throws: GS1Error.self) {
            text.hasPrefix("urn:") ? try SGTIN(uri: text) : try SGTIN(hexadecimal: text)
        }
        #expect(error.reason.code == code)
        #expect(error.description == description)
    }

    @Test("every length of company prefix and every filter comes back", arguments: 6...12)
    func roundTrip(companyPrefixLength: Int) throws {
        for indicator in 0...9 {
            let gtin = try #require(GTIN("9521234543213").withIndicator(indicator))
            for filter in SGTIN.Filter.allCases {
                let sgtin = try SGTIN(gtin: gtin, serial: "274877906943", companyPrefixLength: companyPrefixLength, filter: filter)
                #expect(try SGTIN(hexadecimal: sgtin.sgtin96()) == sgtin)
                #expect(try SGTIN(hexadecimal: sgtin.sgtin198()) == sgtin)
                #expect(try SGTIN(uri: sgtin.uri).gtin == gtin)
                #expect(sgtin.companyPrefix.utf8.count + sgtin.itemReference.utf8.count == 13)
            }
        }
    }

    @Test("SGTIN-96 has room for numbers alone, SGTIN-198 for any serial number")
    func serials() throws {
        let gtin = try GTIN("9521234543213")
        for serial in ["007", "274877906944", "A1", "1234567890123456789012"] {
            #expect(throws: GS1Error.self) { try SGTIN(gtin: gtin, serial: serial, companyPrefixLength: 7).sgtin96() }
        }
        let full = try SGTIN(gtin: gtin, serial: "!\"%&'()*+,-./:;<=>?_", companyPrefixLength: 7)
        #expect(try SGTIN(hexadecimal: full.sgtin198()) == full)
        #expect(try SGTIN(uri: full.uri) == full)
        #expect(full.uri == "urn:epc:id:sgtin:9521234.054321.!%22%25%26'()*+,-.%2F:;%3C=%3E%3F_")
        #expect(throws: GS1Error.self) { try SGTIN(gtin: gtin, serial: "1", companyPrefixLength: 13) }
    }

    @Test("the message of a tag is that of its GTIN and serial number")
    func message() throws {
        let message = try SGTIN(hexadecimal: "3074257BF7194E4000001A85").message
        #expect(message.bracketed == "(01)80614141123458(21)6789")
    }
}
