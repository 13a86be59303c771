import Crypto
import Foundation

/// What a signature is checked with, written as `NAME+HASH+KEY`. It is no secret.
public struct VerifierKey: Equatable, Sendable {
    /// The number of Ed25519 in the format.
    fileprivate static let algorithm: UInt8 = 1

    public let name: String
    let publicKey: Curve25519.Signing.PublicKey

    fileprivate init(name: String, publicKey: Curve25519.Signing.PublicKey) {
        (self.name, self.publicKey) = (name, publicKey)
    }

    /// Reads a key. Throws ``NoteError``.
    public init(reading text: String) throws(NoteError) {
        let parts = text.trimmingCharacters(in: .whitespacesAndNewlines).split(separator: "+", maxSplits: 2)
        guard parts.count == 3, let bytes = Data(base64Encoded: String(parts[2])), bytes.first == Self.algorithm,
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes.dropFirst())
        else { throw NoteError("it is no verifier key of a signed note, NAME+HASH+KEY") }
        self.init(name: String(parts[0]), publicKey: key)
        guard parts[1] == Self.hex(hash) else {
            throw NoteError("the verifier key “\(name)” is not whole: its hash is another one")
        }
    }

    /// By which notes name the key: the first four bytes of a hash of its name and the key itself.
    var hash: [UInt8] { Array(SHA256.hash(data: Array(name.utf8) + [0x0A] + encoded).prefix(4)) }

    private var encoded: [UInt8] { [Self.algorithm] + Array(publicKey.rawRepresentation) }

    public var written: String { "\(name)+\(Self.hex(hash))+\(Data(encoded).base64EncodedString())" }

    public static func == (first: Self, second: Self) -> Bool { first.written == second.written }

    fileprivate static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String(($0 >> 4), radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

/// What notes are signed with, written as `PRIVATE+KEY+NAME+HASH+KEY`. Whoever has it can sign in its name.
public struct SigningKey: Sendable {
    private static let prefix = "PRIVATE+KEY+"

    public let verifier: VerifierKey
    let privateKey: Curve25519.Signing.PrivateKey

    /// Makes a key. A name has neither spaces nor a plus.
    public init(name: String) {
        precondition(!name.isEmpty && !name.contains { $0.isWhitespace || $0 == "+" }, "“\(name)” is no name of a key")
        self.init(name: name, privateKey: Curve25519.Signing.PrivateKey())
    }

    private init(name: String, privateKey: Curve25519.Signing.PrivateKey) {
        self.privateKey = privateKey
        verifier = VerifierKey(name: name, publicKey: privateKey.publicKey)
    }

    /// Reads a key. Throws ``NoteError``, which does not repeat the key.
    public init(reading text: String) throws(NoteError) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let parts = text.dropFirst(Self.prefix.count).split(separator: "+", maxSplits: 2)
        guard text.hasPrefix(Self.prefix), parts.count == 3, let bytes = Data(base64Encoded: String(parts[2])),
            bytes.first == VerifierKey.algorithm,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.dropFirst())
        else { throw NoteError("it is no signing key of notes, PRIVATE+KEY+NAME+HASH+KEY") }
        self.init(name: String(parts[0]), privateKey: key)
        guard parts[1] == VerifierKey.hex(verifier.hash) else {
            throw NoteError("the signing key is not whole: its hash is another one")
        }
    }

    public var written: String {
        let encoded = Data([VerifierKey.algorithm] + Array(privateKey.rawRepresentation)).base64EncodedString()
        return "\(Self.prefix)\(verifier.name)+\(VerifierKey.hex(verifier.hash))+\(encoded)"
    }
}
