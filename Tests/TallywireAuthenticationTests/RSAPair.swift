import Crypto
import CryptoExtras
import Foundation
import TallywireCore

/// A pair of RSA, and its JSON Web Key. Making one takes long, so tests share these.
struct RSAPair: Sendable {
    let key: _RSA.Signing.PrivateKey

    static let first = RSAPair()
    static let second = RSAPair()

    private init() {
        guard let key = try? _RSA.Signing.PrivateKey(keySize: .bits2048) else { fatalError("no key of RSA can be made") }
        self.key = key
    }

    func jwk(kid: String? = nil, alg: String? = "RS256", use: String? = "sig") throws -> [String: String] {
        let numbers = try key.publicKey.getKeyPrimitives()
        var members = ["kty": "RSA", "n": numbers.modulus.base64URL, "e": numbers.publicExponent.base64URL]
        members["kid"] = kid
        members["alg"] = alg
        members["use"] = use
        return members
    }

    /// A token whose signature has the padding that belongs to `alg`, or another one.
    func token(
        _ claims: [String: Any] = Tokens.claims(), alg: String = "RS256", kid: String? = nil, padding: _RSA.Signing.Padding? = nil
    ) throws -> String {
        var header: [String: Any] = ["alg": alg]
        header["kid"] = kid
        return try Tokens.make(header, claims) { message in
            try key.signature(for: SHA256.hash(data: message), padding: padding ?? (alg == "PS256" ? .PSS : .insecurePKCS1v1_5))
                .rawRepresentation
        }
    }

    /// A JSON Web Key of a modulus with so many bits, of which nobody knows the private half.
    static func jwk(bits: Int, e: [UInt8] = [1, 0, 1]) -> [String: String] {
        var bytes = [UInt8](repeating: 0xFF, count: (bits + 7) / 8)
        if bits % 8 != 0 { bytes[0] = 0xFF >> UInt8(8 - bits % 8) }
        return ["kty": "RSA", "n": Data(bytes).base64URL, "e": Data(e).base64URL]
    }
}
