import Testing

@testable import TallywireServer

@Suite("The server of others' keys")
struct KeyServerTests {
    @Test(
        "the answer says how long it stays good",
        arguments: [
            (["public", "max-age=15", "stale-if-error=86400"], 15), (["MAX-AGE=5"], 5), (["max-age=\"60\""], 60),
            (["max-age=0"], 0),
            (["no-cache"], nil), ([], nil), (["max-age=-1"], nil), (["max-age=soon"], nil), (["max-age"], nil),
            (["max-age=99999999999"], nil), (["s-maxage=7"], nil),
        ] as [([Substring], Int64?)])
    func maxAge(directives: [Substring], seconds: Int64?) {
        #expect(KeyServer.maxAge(directives) == seconds.map { .seconds($0) })
    }
}
