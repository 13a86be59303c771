import ArgumentParser
import Foundation
import SQLiteJournal
import TallywireCommands
import TallywireCore
import TallywireEngine

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the journal while the server runs, and prove that the copy is whole.",
        subcommands: [BackupMake.self, BackupVerify.self], defaultSubcommand: BackupMake.self)
}

struct BackupMake: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make", abstract: "Make a backup; without a command, this one.",
        discussion: """
            The copy is the journal at one moment. It is flushed, and its events are folded again before it gets its name; PATH.json beside it \
            says what it holds. If they disagree, nothing replaces the backups of before, and the exit code is 1. Older ones are PATH.1, PATH.2 \
            and so on.
            """)

    @Option(help: ArgumentHelp("The folder of the journal, on this machine. Default: data.", valueName: "dir")) var data: String?
    @Option(help: ArgumentHelp("The file of the backup.", valueName: "path")) var to: String
    @Option(help: ArgumentHelp("How many backups to keep, 1 to \(BackupFile.keepLimit).", valueName: "number")) var keep = 1
    @OptionGroup(title: "Of a server on another machine") var options: ClientOptions

    func validate() throws {
        guard (1...BackupFile.keepLimit).contains(keep) else {
            throw ValidationError("--keep is \(keep), but must be from 1 to \(BackupFile.keepLimit)")
        }
        guard data == nil || options.server == nil else {
            throw ValidationError("--data is a folder of this machine and --server is a server: give one of them")
        }
    }

    func run() async throws {
        let place = URL(fileURLWithPath: to).path
        let record: BackupRecord
        if options.server != nil {
            let server = try ServerClient(options)
            record = try await make { try await server.download("/api/backup", to: $0) }
            try await server.noteBackup(seq: record.seq, place: "\(ProcessInfo.processInfo.hostName):\(place)")
        } else {
            let journal = (data ?? "data") + "/tallywire.db"
            record = try await make { _ = try await SQLiteJournal.copy(of: journal, to: $0) }
            try LastBackup(at: .now, to: place, seq: record.seq).write(beside: journal)
        }
        try Output.standard.print("\(to): events up to \(record.seq), folded again and whole (epoch \(record.epoch))")
    }

    private func make(_ copy: (String) async throws -> Void) async throws -> BackupRecord {
        try await BackupFile(path: to).make(keep: keep, version: tallywireVersion, copy: copy)
    }
}

struct BackupVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Prove again that a backup is whole, and the one that its PATH.json is of.")

    @Argument(help: ArgumentHelp("The file of the backup.", valueName: "path")) var path: String

    func run() throws {
        let record = try BackupRecord.read(of: path)
        try record.verify(path)
        try Output.standard.print("\(path): events up to \(record.seq), folded again and whole (epoch \(record.epoch))")
    }
}
