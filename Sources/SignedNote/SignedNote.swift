import Crypto
import Foundation

/// A text with the signature of whoever wrote it, in the format [C2SP signed-note](https://c2sp.org/signed-note), with Ed25519.
public struct SignedNote: Equatable, Sendable {
    /// The text, whose last character is a newline.
    public let text: String
    /// The lines with signatures, of which one is this key's.
    private let signatures: [Signature]

    private struct Signature: Equatable, Sendable {
        let name: String
        /// Four bytes of the key's hash, and the signature.
        let bytes: [UInt8]
    }

    /// Signs a text. Its last character has to be a newline.
    public init(_ text: String, signedBy key: SigningKey) throws {
        precondition(text.hasSuffix("\n"), "a note ends with a newline")
        self.text = text
        let signature = try key.privateKey.signature(for: Array(text.utf8))
        signatures = [Signature(name: key.verifier.name, bytes: key.verifier.hash + Array(signature))]
    }

    /// Reads a note. Throws ``NoteError`` if it is none. The signature is checked by ``verify(by:)``.
    public init(reading note: String) throws(NoteError) {
        guard note.utf8.count <= Self.limit else { throw NoteError("a signed note has \(Self.limit) bytes at most") }
        guard let end = note.range(of: "\n\n", options: .backwards), note.hasSuffix("\n") else {
            throw NoteError("it is no signed note: there is no empty line before its signatures")
        }
        text = String(note[..<end.lowerBound]) + "\n"
        var found: [Signature] = []
        for line in note[end.upperBound...].split(separator: "\n") {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "—", let bytes = Data(base64Encoded: String(parts[2])), bytes.count > 4 else {
                throw NoteError("it is no signed note: “\(line.prefix(60))” is no signature")
            }
            found.append(Signature(name: String(parts[1]), bytes: Array(bytes)))
        }
        guard !found.isEmpty else { throw NoteError("the note has no signature") }
        signatures = found
    }

    private static let limit = 64 * 1024

    /// Throws ``NoteError`` unless the note has a valid signature by `key`. Signatures of others are not looked at.
    public func verify(by key: VerifierKey) throws(NoteError) {
        let own = signatures.filter { $0.name == key.name && Array($0.bytes.prefix(4)) == key.hash }
        guard !own.isEmpty else {
            throw NoteError(
                "the note is not signed by \(key.name) with this key, but by \(signatures.map(\.name).joined(separator: ", "))")
        }
        let isValid = own.contains { key.publicKey.isValidSignature($0.bytes.dropFirst(4), for: Array(text.utf8)) }
        guard isValid else { throw NoteError("the signature of \(key.name) does not belong to this text: the note was changed") }
    }

    /// The note as it is written: the text, an empty line, and the signatures.
    public var written: String {
        text + "\n" + signatures.map { "— \($0.name) \(Data($0.bytes).base64EncodedString())\n" }.joined()
    }
}

/// Why a text is no note, or not by whom it should be.
public struct NoteError: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
