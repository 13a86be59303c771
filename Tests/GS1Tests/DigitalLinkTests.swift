import GS1
import Testing

@Suite("GS1 Digital Link")
struct DigitalLinkTests {
    @Test("URIs are read", arguments: DigitalLinkFixtures.accepted)
    func accepted(uri: String, bracketed: String) throws {
        let message = try GS1Message(digitalLink: uri)
        #expect(message.description == bracketed)
        #expect(try GS1Message(digitalLink: message.digitalLink()) == message)
    }

    @Test("what is no GS1 Digital Link is refused with a place and words", arguments: DigitalLinkFixtures.refused)
    func refused(uri: String, code: String, description: String) throws {
        let error = try #require(throws: GS1Error.self) { try GS1Message(digitalLink: uri) }
        #expect(error.reason.code == code)
        #expect(error.description == description)
    }

    @Test("short GTINs and names of keys are read where the options say so")
    func legacy() throws {
        var options = ParsingOptions()
        options.permitsShortGTINs = true
        options.permitsKeyNames = true
        let uri = "https://example.com/gtin/4006381333931/lot/AB"
        #expect(throws: GS1Error.self) { try GS1Message(digitalLink: uri) }
        #expect(try GS1Message(digitalLink: uri, options: options).bracketed == "(01)04006381333931(10)AB")
        // The place of an error is that of what was written, without the zeros that were put before it.
        let error = try #require(throws: GS1Error.self) {
            try GS1Message(digitalLink: "https://example.com/01/4006381333930", options: options)
        }
        #expect(error.position == 35)
    }

    @Test("what is not allowed in a URI is encoded, and a stem may end with a slash")
    func encoding() throws {
        let message = try GS1Message(bracketed: "(01)09521234543213(10)A/%\\(+?(17)271231(99)x&y=z")
        let uri = try message.digitalLink(stem: "https://example.com/p/")
        #expect(uri == "https://example.com/p/01/09521234543213/10/A%2F%25%28%2B%3F?17=271231&99=x%26y%3Dz")
        #expect(try GS1Message(digitalLink: uri) == message)
    }

    @Test("there is no URI without a key, nor with an element that may not be an attribute")
    func noURI() throws {
        let noKey = try #require(throws: GS1Error.self) { try GS1Message(bracketed: "(99)A").digitalLink() }
        #expect(noKey.reason == .noPrimaryKey)
        let url = try GS1Message(bracketed: "(01)09521234543213(8200)http://example.com")
        let notAttribute = try #require(throws: GS1Error.self) { try url.digitalLink() }
        #expect(
            notAttribute.description
                == "(8200): it may not be an attribute of a GS1 Digital Link; expected only elements that may be attributes beside (01)"
        )
    }

    @Test("of alternative qualifiers those are in the path of which there are more, or that come first")
    func alternatives() throws {
        let serialised = try GS1Message(bracketed: "(01)09521234543213(21)A(10)B(22)C")
        #expect(try serialised.digitalLink() == "https://id.gs1.org/01/09521234543213/22/C/10/B/21/A")
        let thirdParty = try GS1Message(bracketed: "(01)09521234543213(235)A")
        #expect(try thirdParty.digitalLink() == "https://id.gs1.org/01/09521234543213/235/A")
        let both = try GS1Message(bracketed: "(01)09521234543213(235)A(10)B")
        let error = try #require(throws: GS1Error.self) { try both.digitalLink() }
        #expect(error.applicationIdentifier == .thirdPartyExtension)
    }
}
