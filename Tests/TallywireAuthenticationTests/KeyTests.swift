import Crypto
import Foundation
import TallywireAccess
import TallywireCore
import Testing

@testable import TallywireAuthentication

@Suite("Keys")
struct KeyTests {
    private func refusal(_ make: () async throws -> KeySet) async -> String? {
        do {
            _ = try await make()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("a secret that is short, a pattern or a public key is refused, and the message shows nothing of it")
    func weak() async {
        let short = await refusal { try await KeySet.secret("0123456789012345678901234567890") }
        #expect(short == "the secret has 31 bytes, but needs at least 32: openssl rand -base64 33 makes one")
        #expect(await refusal { try await KeySet.secret(String(repeating: "abc", count: 20)) }?.contains("pattern") == true)
        #expect(await refusal { try await KeySet.secret(Pair256().key.publicKey.pemRepresentation) }?.contains("PEM") == true)
        #expect(await refusal { try await KeySet.secret("01234567890123456789012345678901") } == nil)
    }

    @Test("what is no set of keys is told, with the key that is wrong")
    func brokenSets() async {
        func text(_ json: String) async -> String? { await refusal { try await KeySet.jwks(Array(json.utf8)) } }
        #expect(await text("{") == "it is not JSON")
        #expect(await text("[]")?.contains("no JSON Web Key Set") == true)
        #expect(await text(#"{"keys":[{"kty":"EC","crv":"P-256","kid":"a"}]}"#) == "the key “a”: its “x” or “y” is missing")
        #expect(
            await text(#"{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"}]}"#)?.hasPrefix("the key “a”: ") == true)
        #expect(
            await text(#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#)?.hasPrefix("key 1: the secret has 3 bytes, but needs at least 32")
                == true)
        #expect(await text(#"{"keys":[{"kty":"OKP","crv":"Ed25519"}]}"#) == "key 1: its “x” is missing")
        #expect(await text(#"{"keys":[]}"#) == nil)
    }

    @Test("a key whose halves do not belong together, and two keys with one name, are refused")
    func inconsistent() async throws {
        let (one, other) = (Pair256(), Pair256())
        var mixed = one.jwk(kid: "a", isPrivate: true)
        mixed["d"] = other.jwk(isPrivate: true)["d"]
        let broken = mixed
        #expect(await refusal { try await KeySet.jwks(broken) } == "the key “a”: its private half belongs to another public one")
        #expect(
            await refusal { try await KeySet.jwks(one.jwk(kid: "a"), other.jwk(kid: "a")) }
                == "two keys for ES256 have the kid “a”")
        #expect(await refusal { try await KeySet.jwks(one.jwk(), other.jwk()) } == "two keys for ES256 have no kid: give each one")
    }

    @Test("keys for other purposes are passed over")
    func others() async throws {
        var encryption = Pair256().jwk(kid: "e")
        encryption["use"] = "enc"
        let keys = try await KeySet.jwks(
            Pair256().jwk(kid: "a", alg: nil), encryption, ["kty": "RSA", "alg": "RS512", "n": "AQAB", "e": "AQAB", "kid": "r"],
            ["kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "p"], ["kty": "new", "kid": "n"],
            ["kty": "oct", "alg": "HS512", "k": "AA", "kid": "h"])
        #expect(keys.count == 1)
    }

    @Test("after a reload the tokens of keys that have gone are trusted no more, and those of the others are")
    func reload() async throws {
        let (old, new) = (Pair25519(), Pair25519())
        let authenticator = try await Tokens.authenticator(keys: try await KeySet.jwks(old.jwk(kid: "old"), new.jwk(kid: "new")))
        let before = authenticator.generation
        let leaving = try authenticator.principal(bearing: try old.token(header: ["alg": "EdDSA", "kid": "old"]))
        let staying = try authenticator.principal(bearing: try new.token(header: ["alg": "EdDSA", "kid": "new"]))
        authenticator.replace(try await KeySet.jwks(new.jwk(kid: "new")))
        #expect(authenticator.generation > before)
        #expect(!authenticator.trusts(leaving) && authenticator.trusts(staying))
        #expect(throws: AuthenticationFailure.self) {
            try authenticator.principal(bearing: try old.token(header: ["alg": "EdDSA", "kid": "old"]))
        }
        // The same name for another key is another key.
        authenticator.replace(try await KeySet.jwks(old.jwk(kid: "new")))
        #expect(!authenticator.trusts(staying))
        // A key's private half makes no difference to those who verify.
        authenticator.replace(try await KeySet.jwks(new.jwk(kid: "new", isPrivate: true)))
        #expect(authenticator.trusts(staying))
        #expect(!authenticator.trusts(.anybody))
    }

    @Test("tokens are signed with a secret or a private key, and not with a public one")
    func signing() async throws {
        let claims = TokenSigner.Claims(
            role: .device, subject: "dock", device: "dock-1", audience: "stock", issuedAt: Tokens.now,
            expiresAt: Timestamp(milliseconds: Tokens.now.milliseconds + 5_000))
        for keys in [
            try await KeySet.secret(Tokens.secret), try await KeySet.jwks(Pair256().jwk(kid: "a", isPrivate: true)),
            try await KeySet.jwks(Pair25519().jwk(isPrivate: true)),
        ] {
            let token = try TokenSigner(keys).sign(claims)
            let authenticator = try await Tokens.authenticator(.init(audience: "stock"), keys: keys)
            let principal = try authenticator.principal(bearing: token)
            #expect(principal.device == "dock-1")
            #expect(principal.validUntil == Timestamp(milliseconds: Tokens.now.milliseconds + 5_000))
        }
        let isPublic = try await KeySet.jwks(Pair256().jwk())
        #expect(throws: KeyError.self) { try TokenSigner(isPublic) }
    }

    @Test("an admin may everything, and nobody else may what is another's")
    func roles() {
        for role in Role.allCases {
            #expect(Role.admin.covers(role))
            #expect(role.covers(role))
        }
        #expect(!Role.shop.covers(.device) && !Role.device.covers(.shop) && !Role.shop.covers(.admin))
    }
}
