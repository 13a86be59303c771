import Foundation
import Synchronization
import TallywireAccess
import TallywireCore
import TallywireTesting
import Testing

@testable import TallywireAuthentication

@Suite("Published keys")
struct PublishedKeysTests {
    /// What is published, by a server that may be away or slow, and a clock.
    private final class Publisher: Sendable {
        struct State {
            var keys: [[String: String]] = []
            var isAway = false
            /// Whether fetches wait until this is set back.
            var holds = false
            var fetches = 0
            var reports: [String] = []
            var now = ContinuousClock.now
        }
        let state = Mutex(State())

        func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
        func advance(_ seconds: Int) { set { $0.now += .seconds(seconds) } }
        var fetches: Int { state.withLock { $0.fetches } }
        var reports: [String] { state.withLock { $0.reports } }

        func keys(_ settings: PublishedKeys.Settings = .init()) -> PublishedKeys {
            PublishedKeys(
                settings, now: { self.state.withLock { $0.now } },
                fetch: { () async throws(KeyError) in
                    self.set { $0.fetches += 1 }
                    while self.state.withLock({ $0.holds }) { await Task.yield() }
                    let (keys, isAway) = self.state.withLock { ($0.keys, $0.isAway) }
                    guard !isAway, let body = try? JSONSerialization.data(withJSONObject: ["keys": keys]) else {
                        throw KeyError("nobody listens there")
                    }
                    return PublishedKeys.Answer(keys: try await PublishedKeySet(Array(body)))
                },
                report: { result in
                    let text =
                        switch result {
                        case .success(let set): set.names.joined(separator: ", ")
                        case .failure(let error): error.message
                        }
                    self.set { $0.reports.append(text) }
                })
        }
    }

    /// Runs `body` while keys are fetched.
    private func with(
        _ publisher: Publisher, own: KeySet = KeySet(), _ body: (JWTAuthenticator, PublishedKeys) async throws -> Void
    ) async throws {
        let keys = publisher.keys()
        let authenticator = JWTAuthenticator(own, published: keys, clock: { Tokens.now })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await keys.run() }
            defer { group.cancelAll() }
            try await body(authenticator, keys)
        }
    }

    private func reason(_ token: String, _ authenticator: JWTAuthenticator) -> AuthenticationFailure.Reason? {
        do {
            _ = try authenticator.principal(bearing: token)
            return nil
        } catch {
            return error.reason
        }
    }

    private func token(_ pair: Pair256, _ kid: String) throws -> String { try pair.token(header: ["alg": "ES256", "kid": kid]) }

    @Test("keys are fetched at the start, and whoever comes before they have come waits for the same fetch")
    func start() async throws {
        let (publisher, pair) = (Publisher(), Pair256())
        publisher.set {
            $0.keys = [pair.jwk(kid: "a")]; $0.holds = true
        }
        try await with(publisher) { authenticator, keys in
            let token = try token(pair, "a")
            #expect(reason(token, authenticator) == .keysUnavailable)
            try await eventually("the fetch begins") { publisher.fetches == 1 }
            let asked = Mutex(0)
            for _ in 0..<500 {
                let isAsked = authenticator.askForKeys { asked.withLock { $0 += 1 } }
                #expect(isAsked)
            }
            #expect(asked.withLock(\.self) == 0)
            publisher.set { $0.holds = false }
            try await eventually("all hear of it") { asked.withLock(\.self) == 500 }
            #expect(reason(token, authenticator) == nil && publisher.fetches == 1)
        }
    }

    @Test("an unknown key has the keys fetched once, then not for a while; another key's tokens are verified meanwhile")
    func unknownKeys() async throws {
        let (publisher, old, new) = (Publisher(), Pair256(), Pair256())
        publisher.set { $0.keys = [old.jwk(kid: "old")] }
        try await with(publisher) { authenticator, _ in
            #expect(await authenticator.keysWereAskedFor())
            #expect(publisher.fetches == 1)
            publisher.set {
                $0.keys.append(new.jwk(kid: "new")); $0.holds = true
            }
            let failure = #expect(throws: AuthenticationFailure.self) { try authenticator.principal(bearing: token(new, "new")) }
            #expect(failure?.reason == .unknownKey && failure?.awaitsKeys == true)
            async let answers = withTaskGroup(of: Bool.self) { group in
                for _ in 0..<100 { group.addTask { await authenticator.keysWereAskedFor() } }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            try await eventually("the fetch begins") { publisher.fetches == 2 }
            #expect(try reason(token(old, "old"), authenticator) == nil, "nobody waits who need not")
            publisher.set { $0.holds = false }
            #expect(await answers > 0)
            #expect(try reason(token(new, "new"), authenticator) == nil && publisher.fetches == 2)
            publisher.advance(29)
            #expect(try reason(token(new, "third"), authenticator) == .unknownKey)
            #expect(await !authenticator.keysWereAskedFor())
            publisher.advance(1)
            #expect(await authenticator.keysWereAskedFor())
            #expect(publisher.fetches == 3)
        }
    }

    @Test(
        "a secret is never published, so a token of one asks for nothing, and the server's own secret goes on beside published keys"
    )
    func secrets() async throws {
        let (publisher, pair) = (Publisher(), Pair256())
        publisher.set { $0.keys = [pair.jwk(kid: "a")] }
        try await with(publisher) { authenticator, _ in
            #expect(await authenticator.keysWereAskedFor())
            let failure = #expect(throws: AuthenticationFailure.self) { try authenticator.principal(bearing: Tokens.hs256()) }
            #expect(failure?.reason == .unknownKey && failure?.awaitsKeys == false)
        }
        publisher.set { $0.isAway = true }
        try await with(publisher, own: try await KeySet.secret(Tokens.secret)) { authenticator, _ in
            let token = try Tokens.hs256()
            #expect(reason(token, authenticator) == nil)
            #expect(throws: Never.self) { try authenticator.signer() }
        }
    }

    @Test("a key that is published no more is trusted no more")
    func rotation() async throws {
        let (publisher, old, new) = (Publisher(), Pair256(), Pair256())
        publisher.set { $0.keys = [old.jwk(kid: "old")] }
        try await with(publisher) { authenticator, keys in
            #expect(await authenticator.keysWereAskedFor())
            let before = authenticator.generation
            let principal = try authenticator.principal(bearing: token(old, "old"))
            #expect(authenticator.trusts(principal))
            publisher.set { $0.keys = [new.jwk(kid: "new")] }
            keys.refresh()
            try await eventually("the keys are fetched") { authenticator.generation > before }
            #expect(!authenticator.trusts(principal))
            #expect(try reason(token(old, "old"), authenticator) == .unknownKey)
            #expect(try reason(token(new, "new"), authenticator) == nil)
        }
    }

    @Test("while the server is away the keys serve on, and unknown ones are nobody's fault; after a day none is used")
    func away() async throws {
        let (publisher, pair) = (Publisher(), Pair256())
        publisher.set { $0.keys = [pair.jwk(kid: "a")] }
        try await with(publisher) { authenticator, keys in
            #expect(await authenticator.keysWereAskedFor())
            publisher.set { $0.isAway = true }
            keys.refresh()
            try await eventually("the fetch fails") { publisher.reports == ["ES256 “a”", "nobody listens there"] }
            #expect(try reason(token(pair, "a"), authenticator) == nil)
            #expect(try reason(token(pair, "b"), authenticator) == .keysUnavailable)
            publisher.advance(86_399)
            #expect(try reason(token(pair, "a"), authenticator) == nil)
            publisher.advance(1)
            #expect(try reason(token(pair, "a"), authenticator) == .keysUnavailable)
            publisher.set { $0.isAway = false }
            try await eventually("the keys are back by themselves") {
                self.reason((try? self.token(pair, "a")) ?? "", authenticator) == nil
            }
        }
    }

    @Test("whoever waits when the server ends hears of it, and nobody waits afterwards")
    func end() async throws {
        let publisher = Publisher()
        publisher.set {
            $0.isAway = true; $0.holds = true
        }
        let keys = publisher.keys()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await keys.run() }
            try await eventually("the fetch begins") { publisher.fetches == 1 }
            let heard = Mutex(false)
            let isAsked = keys.ask { heard.withLock { $0 = true } }
            #expect(isAsked)
            group.cancelAll()
            publisher.set { $0.holds = false }
            try await eventually("it hears") { heard.withLock(\.self) }
        }
        #expect(!keys.ask {})
        #expect(publisher.reports.isEmpty, "a fetch that was cut off says nothing")
    }
}

@Suite("What is published")
struct PublishedKeySetTests {
    private func read(_ keys: [Any]) async throws -> PublishedKeySet {
        try await PublishedKeySet(Array(try JSONSerialization.data(withJSONObject: ["keys": keys])))
    }

    @Test("what cannot be used is left out and told, and the rest is used")
    func unused() async throws {
        let (one, other) = (Pair256(), Pair25519())
        var encryption = try RSAPair.first.jwk(kid: "e", alg: "RSA-OAEP", use: "enc")
        encryption["x5t"] = "abc"
        let set = try await read([
            one.jwk(kid: "a"), other.jwk(kid: "b", isPrivate: true), encryption, try RSAPair.first.jwk(kid: "r", alg: nil),
            RSAPair.jwk(bits: 1_024), ["kty": "oct", "kid": "s", "k": Data(Tokens.secret.utf8).base64URL],
            ["kty": "EC", "crv": "P-384", "kid": "p"],
            Pair256().jwk(kid: "a"), ["kid": "no kind"], 7,
        ])
        #expect(set.names == ["ES256 “a”", "RS256 “r”"])
        #expect(
            set.unused == [
                "the key “b”: it has its secret or private half, and whatever is published cannot be trusted",
                "the key “e”: its “use” is “enc”, and not “sig”", "key 5: it has 1024 bits, but RSA needs 2048 to 8192",
                "the key “s”: it has its secret or private half, and whatever is published cannot be trusted",
                "the key “p”: no token is signed with “kty” “EC”, “crv” “P-384” here",
                "the key “a”: another key has the same kid and algorithm", "key 9 is no key of a JSON Web Key Set",
                "key 10 is no key of a JSON Web Key Set",
            ])
    }

    @Test("a set without a key that can be used is refused, and so is one that is too large")
    func refused() async throws {
        await #expect(throws: KeyError("no key of it can be used: it is empty")) { try await read([]) }
        await #expect(throws: KeyError("no key of it can be used: key 1: no token is signed with “kty” “new” here")) {
            try await read([["kty": "new"]])
        }
        await #expect(throws: KeyError("it is not JSON")) { try await PublishedKeySet(Array("<html>".utf8)) }
        let keys = (0..<64).map { Pair25519().jwk(kid: "\($0)") }
        #expect(try await read(keys).names.count == 64)
        await #expect(throws: KeyError("it has 65 keys, but at most 64 are possible")) { try await read(keys + keys.prefix(1)) }
    }
}
