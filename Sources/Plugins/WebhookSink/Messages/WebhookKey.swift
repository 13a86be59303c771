import Crypto
import Foundation

/// A key that signs requests as Standard Webhooks 1.0 says (https://github.com/standard-webhooks/standard-webhooks, “Signature
/// scheme”).
enum WebhookKey: Sendable {
    /// `whsec_`: HMAC-SHA256, whose signatures begin with `v1,`.
    case shared(SymmetricKey)
    /// `whsk_`: Ed25519, whose signatures begin with `v1a,`.
    case ed25519(Curve25519.Signing.PrivateKey)

    /// How many bytes a shared secret may have, by the standard.
    private static let sharedLength = 24...64

    /// Why a text is no secret, without the text; `nil` if it is one.
    static func mistake(in text: String) -> String? {
        do throws(Mistake) {
            _ = try WebhookKey(text)
            return nil
        } catch {
            return error.text
        }
    }

    struct Mistake: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }

    init(_ text: String) throws(Mistake) {
        if let bytes = Self.bytes(text, after: "whsec_") {
            guard Self.sharedLength.contains(bytes.count) else {
                throw Mistake(
                    text: """
                        a secret that begins with whsec_ has 24 to 64 bytes in Base64, and this one has \(bytes.count): \
                        echo "whsec_$(openssl rand -base64 32)" makes one
                        """)
            }
            self = .shared(SymmetricKey(data: bytes))
        } else if let bytes = Self.bytes(text, after: "whsk_") {
            // Either the seed of RFC 8032, or the seed and the public key, as libsodium has it.
            guard [32, 64].contains(bytes.count), let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.prefix(32)),
                bytes.count == 32 || key.publicKey.rawRepresentation == bytes.suffix(32)
            else {
                throw Mistake(
                    text: "a key that begins with whsk_ is the 32 bytes of an Ed25519 key in Base64, or 64 with the public key")
            }
            self = .ed25519(key)
        } else {
            throw Mistake(
                text: "a secret begins with whsec_, or with whsk_ for an Ed25519 key, and goes on in Base64; this one does not")
        }
    }

    private static func bytes(_ text: String, after prefix: String) -> Data? {
        guard text.hasPrefix(prefix) else { return nil }
        return Data(base64Encoded: String(text.dropFirst(prefix.count)))
    }

    /// The signature of a request, with its version.
    func signature(id: String, timestamp: Int64, body: [UInt8]) throws -> String {
        let content = Data("\(id).\(timestamp).".utf8) + body
        return switch self {
        case .shared(let key): "v1," + Data(HMAC<SHA256>.authenticationCode(for: content, using: key)).base64EncodedString()
        case .ed25519(let key): "v1a," + (try key.signature(for: content)).base64EncodedString()
        }
    }
}
