import HTTPTypes
import NIOCore
import TallywireAccess
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Signing in")
struct SessionTests {
    /// Knows one password; renews whoever signed in.
    private struct OneUser: SignIn {
        func session(user: String, password: String) throws(SignInFailure) -> Session {
            guard user == "anna", password == "right" else { throw .refused }
            return Session(token: "admin", expiresAt: Timestamp(milliseconds: 1), role: .admin, subject: "anna")
        }

        func renewal(for principal: Principal) throws(SignInFailure) -> Session { throw .notRenewable("not this one") }
    }

    @Test("an open server says that everybody is an admin and that nobody signs in")
    func open() async throws {
        try await Shop().open { client in
            let state = try await client.get("/api/session")
            #expect(state["mode"] == "open" && state["role"] == "admin" && state["passwords"] == .bool(false))
            #expect(try await client.post("/api/session", #"{"user":"anna","password":"right"}"#, 404).code == "not_found")
        }
    }

    @Test("a right password gets a token; a wrong one and an unknown name the same response")
    func passwords() async throws {
        try await Shop(authenticator: TableAuthenticator(), signIn: OneUser()).open { client in
            let nobody = try await client.get("/api/session")
            #expect(nobody["mode"] == "jwt" && nobody["passwords"] == .bool(true) && nobody["role"] == .null)
            let session = try await client.post("/api/session", #"{"user":"anna","password":"right"}"#)
            #expect(session["token"] == "admin" && session["role"] == "admin")
            let wrong = try await client.post("/api/session", #"{"user":"anna","password":"wrong"}"#, 401)
            let unknown = try await client.post("/api/session", #"{"user":"berta","password":"right"}"#, 401)
            #expect(wrong.text == unknown.text)
            for body in [#"{"user":"","password":"x"}"#, #"{"user":"a","password":""}"#, #"{"user":"a"}"#] {
                try await client.post("/api/session", body, 400)
            }
            let headers: HTTPFields = [.authorization: "Bearer admin", .contentType: "application/json"]
            #expect(try await client.post("/api/session/renewal", "", 403, headers: headers).detail == "not this one")
        }
    }

    @Test("after ten wrong passwords for one name the eleventh is not looked at, whether there is such a name or not")
    func tooMany() async throws {
        for name in ["anna", "nobody"] {
            try await Shop(authenticator: TableAuthenticator(), signIn: OneUser()).open { client in
                for _ in 0..<10 { try await client.post("/api/session", #"{"user":"\#(name)","password":"no"}"#, 401) }
                let refused = try await client.post("/api/session", #"{"user":"\#(name)","password":"right"}"#, 429)
                #expect(refused.code == "rate_limited")
                #expect((1...30).contains(Int(refused.header("Retry-After") ?? "") ?? 0))
                try await client.post("/api/session", #"{"user":"somebody else","password":"no"}"#, 401)
            }
        }
    }

    @Test("attempts come back with time, an address has its own share, and a success counts for nothing")
    func limit() throws {
        let limit = SignInLimit(names: .init(burst: 2, pause: 10), addresses: .init(burst: 3, pause: 10))
        let address = IPAddress("192.0.2.1")
        func pause(_ name: String, _ second: Int64) -> Int? {
            limit.pause(name: name, address: address, now: .uptimeNanoseconds(UInt64(second) * 1_000_000_000))
        }
        #expect(pause("a", 100) == nil && pause("a", 100) == nil)
        #expect(pause("a", 100) == 10 && pause("a", 109) == 1)
        #expect(pause("b", 109) == nil)
        #expect(pause("c", 109) == 1, "the address has had its three")
        #expect(pause("a", 110) == nil)
        for _ in 0..<5 {
            #expect(pause("d", 200) == nil)
            limit.succeeded(name: "d", address: address)
        }
    }
}
