import ArgumentParser
import Foundation
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

    @Option(help: ArgumentHelp("The folder of the journal.", valueName: "dir")) var data = "data"
    @Option(help: ArgumentHelp("The file of the backup.", valueName: "path")) var to: String
    @Option(help: ArgumentHelp("How many backups to keep, 1 to \(BackupFile.keepLimit).", valueName: "number")) var keep = 1

    func validate() throws {
        guard (1...BackupFile.keepLimit).contains(keep) else {
            throw ValidationError("--keep is \(keep), but must be from 1 to \(BackupFile.keepLimit)")
        }
    }

    func run() async throws {
        let journal = data + "/tallywire.db"
        let record = try await BackupFile(path: to).make(of: journal, keep: keep, version: tallywireVersion)
        try LastBackup.note(record, to: URL(fileURLWithPath: to).path, of: journal, at: .now)
        try Output.standard.print("\(to): events up to \(record.seq), folded again and whole (epoch \(record.epoch))")
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
