import Foundation
import SQLiteJournal
import SignedNote
import TallywireHTTP

/// What a journal held at a moment: the text that is signed.
struct Checkpoint: Equatable {
    let epoch: String
    let seq: UInt64
    /// 32 bytes.
    let hash: [UInt8]
    /// The epoch with which the chain of hashes began, and after which event.
    let origin: (epoch: String, seq: UInt64)

    private static let name = "tallywire/"

    init(epoch: String, _ hash: ChainHash, origin: (epoch: String, seq: UInt64)) {
        (self.epoch, seq, self.hash, self.origin) = (epoch, hash.seq, hash.bytes, origin)
    }

    /// Reads the text of a note. Throws ``NotACheckpoint``.
    init(reading text: String) throws(NotACheckpoint) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let chain = lines.count > 3 ? lines[3].split(separator: " ").map(String.init) : []
        guard lines.count >= 5, lines[0].hasPrefix(Self.name), let seq = UInt64(lines[1]),
            let hash = Data(base64Encoded: lines[2]), hash.count == 32,
            chain.count == 3, chain[0] == "chain", let begin = UInt64(chain[2])
        else { throw NotACheckpoint() }
        (epoch, self.seq, self.hash) = (String(lines[0].dropFirst(Self.name.count)), seq, Array(hash))
        origin = (chain[1], begin)
    }

    var text: String {
        "\(Self.name)\(epoch)\n\(seq)\n\(Data(hash).base64EncodedString())\nchain \(origin.epoch) \(origin.seq)\n"
    }

    static func == (first: Self, second: Self) -> Bool { first.text == second.text }
}

struct NotACheckpoint: Error, CustomStringConvertible {
    let description = "the note is no checkpoint of a journal: “GET /api/checkpoint” gives one"
}

/// Signs checkpoints of the journal of a running server.
struct JournalCheckpoints: Checkpoints {
    private let journal: SQLiteJournal
    private let key: SigningKey

    init(_ journal: SQLiteJournal, key: SigningKey) {
        (self.journal, self.key) = (journal, key)
    }

    var verifierKey: String { key.verifier.written }

    func checkpoint() async throws -> String {
        let hash = try await journal.chainHash()
        let checkpoint = Checkpoint(epoch: journal.epoch, hash, origin: try await journal.chainOrigin())
        return try SignedNote(checkpoint.text, signedBy: key).written
    }
}
