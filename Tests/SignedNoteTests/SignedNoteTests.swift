import SignedNote
import Testing

@Suite("Signed notes")
struct SignedNoteTests {
    // The example of golang.org/x/mod/sumdb/note, whose format it is.
    private let signing = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    private let verifying = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    private let text =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    private let signature =
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

    @Test("another implementation's note is read and verified")
    func example() throws {
        let note = try SignedNote(reading: text + "\n" + signature)
        #expect(note.text == text)
        try note.verify(by: VerifierKey(reading: verifying))
        #expect(note.written == text + "\n" + signature)
    }

    @Test("a key is read as another implementation writes it, and written as it was read")
    func keys() throws {
        let key = try SigningKey(reading: signing + "\n")
        #expect(key.written == signing && key.verifier.written == verifying)
        #expect(key.verifier == (try VerifierKey(reading: verifying)))
        let own = SigningKey(name: "tallywire-1")
        #expect(try SigningKey(reading: own.written).verifier == own.verifier)
    }

    @Test("a note is signed so that its key verifies it, and no other")
    func signed() throws {
        let key = try SigningKey(reading: signing)
        let note = try SignedNote("a text\n", signedBy: key)
        try SignedNote(reading: note.written).verify(by: key.verifier)
        let other = SigningKey(name: "PeterNeumann")
        #expect(throws: NoteError.self) { try note.verify(by: other.verifier) }
        #expect(throws: NoteError.self) { try note.verify(by: SigningKey(name: "Anna").verifier) }
    }

    @Test("a text that was changed is not the one that was signed")
    func changed() throws {
        let note = try SignedNote(reading: text.replacing("don't", with: "do") + "\n" + signature)
        let key = try VerifierKey(reading: verifying)
        #expect { try note.verify(by: key) } throws: { "\($0)".contains("does not belong to this text") }
    }

    @Test(
        "what is no note and no key is refused",
        arguments: ["", "text\n", "text\n\n", "text\n\n— name\n", "text\n\n— name !!!!\n", "text\n\n-- name AAAAAAAA\n"])
    func refused(_ note: String) {
        #expect(throws: NoteError.self) { try SignedNote(reading: note) }
        #expect(throws: NoteError.self) { try VerifierKey(reading: note) }
        #expect(throws: NoteError.self) { try SigningKey(reading: note) }
    }

    @Test("a key whose name was changed is not whole")
    func renamed() {
        #expect(throws: NoteError.self) { try VerifierKey(reading: verifying.replacing("Peter", with: "Paul")) }
        #expect(throws: NoteError.self) { try SigningKey(reading: signing.replacing("Peter", with: "Paul")) }
    }
}
