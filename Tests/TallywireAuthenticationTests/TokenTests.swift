import Crypto
import Foundation
import TallywireAccess
import TallywireCore
import Testing

@testable import TallywireAuthentication

@Suite("Tokens")
struct TokenTests {
    private func reason(
        _ token: String, _ rules: JWTAuthenticator.Rules = .init(), keys: KeySet? = nil
    ) async throws -> AuthenticationFailure.Reason? {
        let authenticator = try await Tokens.authenticator(rules, keys: keys)
        do {
            _ = try authenticator.principal(bearing: token)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("a good token says who its bearer is")
    func good() async throws {
        let authenticator = try await Tokens.authenticator()
        let token = try Tokens.hs256(
            Tokens.claims {
                $0["role"] = "device"
                $0["device"] = " dock-1\r\n"
                $0["sub"] = "scanner"
            })
        let principal = try authenticator.principal(bearing: token)
        #expect(principal.role == .device)
        #expect(principal.subject == "scanner")
        #expect(principal.device == "dock-1")
        #expect(principal.validUntil == Timestamp(milliseconds: Tokens.now.milliseconds + 60_000))
        #expect(authenticator.trusts(principal))
    }

    @Test("all three algorithms are known, with and without the key's id")
    func algorithms() async throws {
        let (p256, ed25519) = (Pair256(), Pair25519())
        let keys = try await KeySet.jwks(
            p256.jwk(kid: "a"), ed25519.jwk(kid: "b"),
            ["kty": "oct", "kid": "c", "k": Data(Tokens.secret.utf8).base64URL])
        #expect(keys.count == 3)
        #expect(try await reason(try p256.token(), keys: keys) == nil)
        #expect(try await reason(try p256.token(header: ["alg": "ES256", "kid": "a"]), keys: keys) == nil)
        #expect(try await reason(try ed25519.token(header: ["alg": "EdDSA", "kid": "b"]), keys: keys) == nil)
        #expect(try await reason(try Tokens.hs256(header: ["alg": "HS256", "kid": "c"]), keys: keys) == nil)
        #expect(try await reason(try p256.token(header: ["alg": "ES256", "kid": "b"]), keys: keys) == .unknownKey)
        #expect(try await reason(try p256.token(header: ["alg": "ES256", "kid": "z"]), keys: keys) == .unknownKey)
    }

    @Test("a token without a key's id is not tried with one key after the other")
    func ambiguous() async throws {
        let (first, second) = (Pair256(), Pair256())
        let keys = try await KeySet.jwks(first.jwk(kid: "a"), second.jwk(kid: "b"))
        #expect(try await reason(try first.token(), keys: keys) == .unknownKey)
        #expect(try await reason(try second.token(header: ["alg": "ES256", "kid": "b"]), keys: keys) == nil)
        #expect(try await reason(try second.token(header: ["alg": "ES256", "kid": "a"]), keys: keys) == .signature)
    }

    @Test("time decides, to the second and with the clocks' difference that is allowed")
    func time() async throws {
        let now = Double(Tokens.now.milliseconds / 1000)
        func token(exp: Any, nbf: Any? = nil) throws -> String {
            try Tokens.hs256(
                Tokens.claims {
                    $0["exp"] = exp
                    $0["nbf"] = nbf
                })
        }
        #expect(try await reason(token(exp: now - 3600)) == .expired)
        #expect(try await reason(token(exp: now)) == .expired)
        #expect(try await reason(token(exp: now + 1)) == nil)
        #expect(try await reason(token(exp: now + 0.5)) == nil)
        #expect(try await reason(token(exp: now + 60, nbf: now + 1)) == .notYetValid)
        #expect(try await reason(token(exp: now + 60, nbf: now)) == nil)
        let lenient = JWTAuthenticator.Rules(clockSkew: .seconds(30))
        #expect(try await reason(token(exp: now - 29), lenient) == nil)
        #expect(try await reason(token(exp: now - 30), lenient) == .expired)
        #expect(try await reason(token(exp: now + 60, nbf: now + 30), lenient) == nil)
        #expect(try await reason(token(exp: now + 60, nbf: now + 31), lenient) == .notYetValid)
        for nonsense in [-1.0, 1e300, 253_402_300_800] { #expect(try await reason(token(exp: nonsense)) == .claims) }
        #expect(try await reason(token(exp: "\(now + 60)")) == .claims)
    }

    @Test("every token needs exp, sub and a role that is known, and a device's token its device")
    func claims() async throws {
        let changes: [(inout [String: Any]) -> Void] = [
            { $0["exp"] = nil }, { $0["sub"] = nil }, { $0["sub"] = "" }, { $0["sub"] = String(repeating: "x", count: 201) },
            { $0["role"] = nil }, { $0["role"] = "root" }, { $0["role"] = "Admin" }, { $0["role"] = ["admin"] },
            { $0["role"] = "device" }, { $0["device"] = "a/b" }, { $0["device"] = "" }, { $0["device"] = 7 }, { $0["aud"] = 7 },
        ]
        for (index, change) in changes.enumerated() {
            #expect(try await reason(try Tokens.hs256(Tokens.claims(change))) == .claims, "change \(index)")
        }
    }

    @Test("a token for another audience is refused, and one for any where the server has none")
    func audience() async throws {
        let here = JWTAuthenticator.Rules(audience: "stock")
        func token(_ audience: Any?) throws -> String { try Tokens.hs256(Tokens.claims { $0["aud"] = audience }) }
        #expect(try await reason(token("stock"), here) == nil)
        #expect(try await reason(token(["x", "stock"]), here) == nil)
        #expect(try await reason(token("other"), here) == .audience)
        #expect(try await reason(token("Stock"), here) == .audience)
        #expect(try await reason(token([String]()), here) == .audience)
        #expect(try await reason(token(nil), here) == .audience)
        #expect(try await reason(token("stock")) == .audience)
    }

    @Test("a token of another key is refused, and one that was changed after it was signed")
    func signature() async throws {
        #expect(try await reason(try Tokens.hs256(secret: Data("another secret that is long enough for it".utf8))) == .signature)
        let parts = try Tokens.hs256(Tokens.claims { $0["role"] = "shop" }).split(separator: ".")
        let forged = try JSONSerialization.data(withJSONObject: Tokens.claims(), options: .sortedKeys).base64URL
        #expect(try await reason("\(parts[0]).\(forged).\(parts[2])") == .signature)
        #expect(try await reason("\(parts[0]).\(parts[1]).\(parts[2].dropLast(2))AA") == .signature)
        #expect(try await reason("\(parts[0]).\(parts[1]).") == .signature)
    }

    @Test("an unsigned token is refused, however “none” is written", arguments: ["none", "None", "NONE", "nOnE", "", "null"])
    func none(algorithm: String) async throws {
        for signature in [Data(), Data([1])] {
            let token = try Tokens.make(["alg": algorithm, "typ": "JWT"], Tokens.claims()) { _ in signature }
            #expect(try await reason(token) == .algorithm)
        }
    }

    @Test("a public key is not taken for a secret: what is signed with it by HS256 is refused")
    func confusion() async throws {
        let (p256, ed25519) = (Pair256(), Pair25519())
        let keys = try await KeySet.jwks(p256.jwk(kid: "a"), ed25519.jwk(kid: "b"))
        let known: [Data] = [
            Data(p256.key.publicKey.pemRepresentation.utf8), p256.key.publicKey.x963Representation,
            p256.key.publicKey.rawRepresentation, p256.key.publicKey.derRepresentation, ed25519.key.publicKey.rawRepresentation,
            try JSONSerialization.data(withJSONObject: p256.jwk(kid: "a"), options: .sortedKeys),
        ]
        for secret in known {
            for kid in ["a", "b", nil] {
                var header: [String: Any] = ["alg": "HS256"]
                header["kid"] = kid
                #expect(try await reason(try Tokens.hs256(secret: secret, header: header), keys: keys) == .unknownKey)
            }
        }
        // Nor one curve's key for another's.
        #expect(try await reason(try ed25519.token(header: ["alg": "EdDSA", "kid": "a"]), keys: keys) == .unknownKey)
        #expect(try await reason(try ed25519.token(header: ["alg": "ES256", "kid": "a"]), keys: keys) == .signature)
    }

    @Test("keys that a token brings along are not used")
    func embedded() async throws {
        let pair = Pair256()
        let keys = try await KeySet.jwks(Pair256().jwk(kid: "a"))
        for member in ["jwk", "x5c", "jku"] {
            var value: Any = pair.jwk(kid: "a")
            if member == "x5c" { value = [pair.key.publicKey.derRepresentation.base64EncodedString()] }
            if member == "jku" { value = "http://127.0.0.1:1/keys.json" }
            let token = try pair.token(header: ["alg": "ES256", "kid": "a", member: value])
            #expect(try await reason(token, keys: keys) == .signature)
        }
    }

    @Test("a token whose header is 513 brackets is refused, before anybody looks at its signature, and the server lives")
    func deeplyNested() async throws {
        let nested = Data(repeating: UInt8(ascii: "["), count: 513).base64EncodedString().replacing("=", with: "")
        #expect(try await reason("\(nested).e30.e30") == .malformed)
        let marks = Data(#"{"alg":"a\#(String(repeating: "\u{301}\u{316}", count: 1_400))"}"#.utf8).base64EncodedString()
        #expect(try await reason("\(marks.replacing("=", with: "")).e30.e30") == .malformed, "nor such as take long to compare")
    }

    @Test(
        "what is no token is refused as such",
        arguments: ["", ".", "..", "a.b.c", "a.b", "....", "é.é.é", "eyJhbGciOiJIUzI1NiJ9", "e30.e30.e30", " ", "=.=.="])
    func malformed(token: String) async throws {
        #expect(try await reason(token) == .malformed)
    }

    @Test("padding, spaces and extensions that nobody knows are refused, and tokens that are too large")
    func strict() async throws {
        let token = try Tokens.hs256()
        #expect(try await reason(token + "=") == .malformed)
        #expect(try await reason(" " + token) == .malformed)
        #expect(try await reason(token + "\n") == .malformed)
        #expect(try await reason(try Tokens.hs256(header: ["alg": "HS256", "crit": ["exp"]])) == .malformed)
        let large = try Tokens.hs256(Tokens.claims { $0["more"] = String(repeating: "x", count: 8_000) })
        #expect(try await reason(large) == .malformed)
    }

    @Test("a token whose claims are no object is refused")
    func claimsOfAnotherKind() async throws {
        for claims in ["[]", "1", "\"x\"", "{"] {
            let head = try JSONSerialization.data(withJSONObject: ["alg": "HS256"]).base64URL
            let message = head + "." + Data(claims.utf8).base64URL
            let key = try await VerificationKey(id: nil, material: .secret(Array(Tokens.secret.utf8)))
            let token = message + "." + Data(try key.sign(Data(message.utf8))).base64URL
            #expect(try await reason(token) == .claims)
        }
    }
}
