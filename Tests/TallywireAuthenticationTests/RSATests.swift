import Crypto
import CryptoExtras
import Foundation
import TallywireAccess
import Testing

@testable import TallywireAuthentication

@Suite("Tokens signed with RSA")
struct RSATests {
    private func reason(_ token: String, _ keys: KeySet) async throws -> AuthenticationFailure.Reason? {
        let authenticator = try await Tokens.authenticator(keys: keys)
        do {
            _ = try authenticator.principal(bearing: token)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("RS256 and PS256 are verified, with and without the key's id")
    func algorithms() async throws {
        let pair = RSAPair.first
        let rs256 = try await KeySet.jwks(pair.jwk(kid: "a"))
        let ps256 = try await KeySet.jwks(pair.jwk(kid: "a", alg: "PS256"))
        for kid in ["a", nil] {
            #expect(try await reason(pair.token(kid: kid), rs256) == nil)
            #expect(try await reason(pair.token(alg: "PS256", kid: kid), ps256) == nil)
        }
        #expect(try await reason(RSAPair.second.token(kid: "a"), rs256) == .signature)
        #expect(try await reason(pair.token(kid: "b"), rs256) == .unknownKey)
    }

    @Test("a key is used with its own algorithm alone; without one it is for RS256")
    func oneAlgorithm() async throws {
        let pair = RSAPair.first
        let rs256 = try await KeySet.jwks(pair.jwk(kid: "a", alg: nil, use: nil))
        let ps256 = try await KeySet.jwks(pair.jwk(kid: "a", alg: "PS256"))
        #expect(try await reason(pair.token(kid: "a"), rs256) == nil)
        #expect(try await reason(pair.token(alg: "PS256", kid: "a"), rs256) == .unknownKey)
        #expect(try await reason(pair.token(alg: "RS256", kid: "a"), ps256) == .unknownKey)
        #expect(try await reason(pair.token(alg: "RS256", kid: "a", padding: .PSS), rs256) == .signature)
        #expect(try await reason(pair.token(alg: "PS256", kid: "a", padding: .insecurePKCS1v1_5), ps256) == .signature)
        #expect(try await reason(pair.token(alg: "RS512", kid: "a"), rs256) == .algorithm)
    }

    @Test("a public key of RSA is no secret, and a token without a signature is none")
    func confusion() async throws {
        let pair = RSAPair.first
        let keys = try await KeySet.jwks(pair.jwk(kid: "a"))
        let known = [
            Data(pair.key.publicKey.pemRepresentation.utf8), pair.key.publicKey.derRepresentation,
            try pair.key.publicKey.getKeyPrimitives().modulus,
        ]
        for secret in known {
            let token = try Tokens.hs256(secret: secret, header: ["alg": "HS256", "kid": "a"])
            #expect(try await reason(token, keys) == .unknownKey)
        }
        for alg in ["none", "RS256"] {
            let token = try Tokens.make(["alg": alg, "kid": "a"], Tokens.claims()) { _ in Data() }
            #expect(try await reason(token, keys) == (alg == "none" ? .algorithm : .signature))
        }
    }

    @Test("keys have 2048 to 8192 bits and a sound exponent")
    func sizes() async throws {
        func refusal(_ key: [String: String]) async -> String? {
            do {
                _ = try await KeySet.jwks(key)
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(await refusal(RSAPair.jwk(bits: 2_048)) == nil)
        #expect(await refusal(RSAPair.jwk(bits: 8_192)) == nil)
        #expect(await refusal(RSAPair.jwk(bits: 2_047)) == "key 1: it has 2047 bits, but RSA needs 2048 to 8192")
        #expect(await refusal(RSAPair.jwk(bits: 8_193)) == "key 1: it has 8193 bits, but RSA needs 2048 to 8192")
        #expect(await refusal(RSAPair.jwk(bits: 2_048, e: [3])) == nil)
        #expect(await refusal(RSAPair.jwk(bits: 2_048, e: [0, 1, 0, 1])) == nil)
        for e: [UInt8] in [[0], [1], [4], [1, 0, 0, 0, 1]] {
            #expect(await refusal(RSAPair.jwk(bits: 2_048, e: e))?.contains("its exponent “e” is no odd number") == true)
        }
        let withPrivateHalf = RSAPair.jwk(bits: 2_048).merging(["d": "AQAB"]) { $1 }
        #expect(await refusal(withPrivateHalf)?.contains("verifies and does not sign") == true)
    }
}
