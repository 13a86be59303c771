import ArgumentParser
import Foundation
import SQLiteJournal
import TallywireCommands
import TallywireCore
import TallywireEngine

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in the place of the journal.",
        discussion: """
            The server has to be stopped. The backup is verified first. What is there is kept under another name. The journal gets a new epoch, \
            because its next events get numbers that others may know with other contents: clients get values instead of events, and the JSON \
            log begins a new file.
            """)

    @Argument(help: ArgumentHelp("The file of the backup.", valueName: "path")) var path: String
    @Option(help: ArgumentHelp("The folder of the journal.", valueName: "dir")) var data = "data"
    @Flag(help: "Do not ask.") var yes = false

    func run() throws {
        let record = try BackupRecord.read(of: path)
        try record.verify(path)
        let journal = data + "/tallywire.db"
        let restore = JournalRestore(path: journal)
        let current = restore.current()
        if FileManager.default.fileExists(atPath: journal) { try restore.checkUnused() }
        let loss = Self.loss(record, current)
        try Output.standard.print("\(path): events up to \(record.seq) of the epoch \(record.epoch), verified.\n\(loss)")
        guard yes || Question.isAgreed("Replace it?") == true else {
            throw Failure("Nothing was changed. On a terminal the command asks; otherwise --yes says that it shall be done.")
        }
        let aside = "\(journal).replaced-\(Self.stamp(.now))"
        let epoch = try restore.put(path, aside: aside)
        let kept = current == nil ? "" : " What was there is \(aside)."
        try Output.standard.print(
            "\(journal) now ends with event \(record.seq), and has the epoch \(epoch).\(kept) Start the server.")
    }

    /// What the journal that is there has, and the backup has not.
    private static func loss(_ record: BackupRecord, _ current: JournalRestore.Position?) -> String {
        guard let current else { return "There is no journal that can be read, so nothing is replaced." }
        guard current.epoch == record.epoch else {
            return
                "The journal that is there is another one: epoch \(current.epoch), \(current.seq) events. None of them is kept in its place."
        }
        return current.seq > record.seq
            ? "The journal that is there has \(current.seq - record.seq) events more, \(record.seq + 1) to \(current.seq): they will be lost."
            : "The journal that is there has no event more than the backup."
    }

    private static func stamp(_ now: Timestamp) -> String { now.description.prefix(19).filter { $0.isNumber || $0 == "T" } }
}
