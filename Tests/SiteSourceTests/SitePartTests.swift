import TallywireConfiguration
import TallywireCore
import TallywirePipeline
import Testing

@testable import SiteSource

/// The parts of the source that are values.
@Suite("The parts of the source tallywire-site")
struct SitePartTests {
    @Test("blocks are read wherever the bytes are cut")
    func blocks() throws {
        let text = "retry: 9\r\n\r\n: comment\n\nid: e:1\n\nid: e:2\nevent: x\ndata:{\"a\":1}\ndata: b\n\n"
        for size in [1, 2, 7, 1_000] {
            var parser = StreamParser()
            var blocks: [StreamParser.Block] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                blocks += try parser.take(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            #expect(blocks == [.init(id: "e:1"), .init(event: "x", id: "e:2", data: "{\"a\":1}\nb")])
        }
    }

    @Test("a line without an end is refused")
    func overlong() throws {
        var parser = StreamParser()
        _ = try parser.take(repeatElement(UInt8(ascii: "a"), count: StreamParser.lineLimit))
        #expect(throws: SiteFailure.self) { try parser.take([UInt8(ascii: "a")]) }
    }

    @Test("a value from a list is newer up to its event, until the stream is beyond all of them")
    func newer() {
        let (a, b) = (StockKey(sku: "A", location: "M"), StockKey(sku: "B", location: "M"))
        var newer = NewerValues()
        newer.note(a, at: 5)
        newer.note(b, at: 9)
        newer.note(a, at: 3)
        #expect(newer.isOlder(a, 5) && !newer.isOlder(a, 6) && newer.isOlder(b, 9))
        newer.advance(to: 8)
        #expect(!newer.isEmpty && newer.isOlder(b, 8))
        newer.advance(to: 9)
        #expect(newer.isEmpty && !newer.isOlder(b, 8))
    }

    @Test("what is missing is named in a sentence, up to a limit")
    func missing() {
        var missing = Missing()
        #expect(missing.words == nil && missing.isComplete)
        for index in 0..<Missing.limit { missing.add(sku: "S\(index)", "why", isUnknown: true) }
        #expect(!missing.isCut)
        missing.add(sku: "S0", "why else", isUnknown: true)
        #expect(!missing.isCut)
        missing.add(sku: "one more", "why", isUnknown: true)
        #expect(missing.isCut && missing.skus.count == Missing.limit)
        #expect(missing.words?.hasPrefix("not here: the stock of 10000 SKUs: S0 (why else), S1 (why), S10 (why), …; more") == true)
        var location = Missing()
        location.add(location: "X", "too long")
        #expect(location.isComplete && location.words == "not here: the stock at 1 location: X (too long)")
    }

    @Test("a site's locations are behind its name, if they fit")
    func locations() throws {
        let site = SiteName(text: "berlin")
        #expect(try site.location("WH1") == "berlin:WH1")
        #expect(try site.location(String(repeating: "X", count: 25)).count == 32)
        #expect(throws: SiteFailure.self) { try site.location(String(repeating: "X", count: 26)) }
        #expect(site.has("berlin:WH1") && !site.has("berlin") && !site.has("berlin2:WH1"))
    }

    @Test("the name of the entry is that of the site, unless it is too long or the site has one")
    func name() throws {
        var options = SiteOptions(url: .init(["http://a.example"]))
        #expect(try options.name(of: "berlin").text == "berlin")
        #expect(throws: SiteFailure.self) { try options.name(of: "berlin-warehouse-2") }
        options.site = "b2"
        #expect(try options.name(of: "berlin-warehouse-2").text == "b2")
    }

    @Test("mistakes that no schema can express are told")
    func mistakes() {
        for url in ["https://user:secret@a.example", "https://a.example/?x=1", "https://a.example/#x"] {
            #expect(SiteOptions(url: .init([url])).mistakes().count == 1)
        }
        var options = SiteOptions(url: .init(["https://a.example", "https://b.example/stock/"]))
        #expect(options.mistakes().isEmpty)
        options.tls.key = "key.pem"
        #expect(options.mistakes().count == 1)
    }
}
