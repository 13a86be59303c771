import ArgumentParser
import Foundation
import SQLiteJournal
import SignedNote
import TallywireCommands

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fold the journal again and compare it with the stored balances.",
        discussion:
            "It only reads, and may run beside the server. If events, stored values and hashes disagree, it prints the first difference and exits with 1. With --checkpoint it also compares the journal with what “GET /api/checkpoint” said at an earlier time."
    )

    @Option(help: ArgumentHelp("The folder of the journal, or its file.", valueName: "dir"))
    var data = "data"

    @Option(help: ArgumentHelp("A checkpoint that was stored earlier. The option may be given more than once.", valueName: "file"))
    var checkpoint: [String] = []

    @Option(
        help: ArgumentHelp(
            "The file with the key of the checkpoints, as “GET /api/checkpoint/key” gives it. Default: checkpoint.key beside the journal.",
            valueName: "file"))
    var key: String?

    func run() throws {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: data, isDirectory: &isFolder)
        let path = exists && !isFolder.boolValue ? data : data + "/tallywire.db"
        let claims = try checkpoint.map { try claim($0, verifier(beside: path)) }
        let report = try JournalAudit.run(path: path, claims: claims)
        let range = report.folded == 0 ? "no events" : "events \(report.first) to \(report.last)"
        if let difference = report.difference {
            throw Failure("\(path): \(range) disagree with what is stored: \(difference)")
        }
        let agreed = claims.isEmpty ? "" : ", \(claims.map(\.name).joined(separator: ", ")) agrees"
        try Output.standard.print(
            "\(path): \(range) folded, \(report.variants) variants agree\(agreed) (epoch \(report.epoch), hash \(report.chain.hex))"
        )
    }

    private func verifier(beside journal: String) throws -> VerifierKey {
        guard let key else { return try CheckpointKey.read(CheckpointKey.path(beside: journal)).verifier }
        do {
            return try VerifierKey(reading: try String(contentsOfFile: key, encoding: .utf8))
        } catch let error as NoteError { throw Failure("--key \(key): \(error)") }
    }

    private func claim(_ file: String, _ key: VerifierKey) throws -> JournalAudit.Claim {
        do {
            let note = try SignedNote(reading: try String(contentsOfFile: file, encoding: .utf8))
            try note.verify(by: key)
            let checkpoint = try Checkpoint(reading: note.text)
            return JournalAudit.Claim(epoch: checkpoint.origin.epoch, seq: checkpoint.seq, hash: checkpoint.hash, name: file)
        } catch let error as NoteError {
            throw Failure("\(file): \(error)")
        } catch let error as NotACheckpoint {
            throw Failure("\(file): \(error)")
        }
    }
}
