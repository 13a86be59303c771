import Foundation
import Testing

@testable import TallywireHTTP

@Suite("The live page")
struct LivePageTests {
    @Test("all that it refers to is served with it, and nothing is loaded from elsewhere")
    func references() throws {
        let page = try #require(Page.all.first { $0.path == "/" })
        let html = String(decoding: page.bytes, as: UTF8.self)
        let references = html.matches(of: #/(?:src|href)="([^"]*)"/#).map { String($0.output.1) }
        #expect(references.sorted() == ["/api/products", "/favicon.svg", "/live.css", "/live.js"])
        let served = Set(Page.all.map(\.path))
        #expect(Set(references).subtracting(["/api/products"]).isSubset(of: served))
    }

    @Test("it has no script and no style within, which its own policy would refuse")
    func noInlineCode() throws {
        for page in Page.all {
            let text = String(decoding: page.bytes, as: UTF8.self)
            #expect(!text.isEmpty)
            guard page.path == "/" else { continue }
            #expect(text.firstMatch(of: #/<script(?![^>]*\ssrc=)/#) == nil)
            #expect(text.firstMatch(of: #/<style|\sstyle=|\son\w+=/#) == nil)
        }
    }

    @Test("its script writes text only as text")
    func noMarkupFromData() throws {
        let script = try #require(Page.all.first { $0.path == "/live.js" })
        let text = String(decoding: script.bytes, as: UTF8.self)
        for unsafe in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            #expect(!text.contains(unsafe))
        }
    }
}
