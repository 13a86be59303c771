import PipelineHost
import Testing

@Suite("Where callers find the server from outside")
struct OutsideAddressTests {
    @Test(
        "an address or a path is read into its parts",
        arguments: [
            ("https://example.com/stock", "example.com", "/stock"), ("http://127.0.0.1:8080", "127.0.0.1:8080", ""),
            ("https://[::1]:8443/a/b", "[::1]:8443", "/a/b"), ("/stock", nil, "/stock"), ("/a%20b", nil, "/a%20b"),
        ] as [(String, String?, String)])
    func parts(text: String, authority: String?, path: String) throws {
        let address = try #require(OutsideAddress(text))
        #expect(address.text == text && address.authority == authority && address.path == path)
    }

    @Test(
        "what is neither is refused",
        arguments: [
            "", "/", "stock", "https://example.com/", "/stock/", "//example.com/stock", "/a//b", "ws://example.com/stock",
            "https://anna:x@example.com/stock", "https:///stock", "/stock?x=1", "/stock#x", "https://example.com/a b",
        ])
    func refused(text: String) { #expect(OutsideAddress(text) == nil) }
}
