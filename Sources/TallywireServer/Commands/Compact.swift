import ArgumentParser
import SQLiteJournal
import TallywireCommands

struct Compact: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give the space that deleted events left in the journal back to the disk.",
        discussion: """
            The server has to be stopped, and the disk needs as much room as the journal takes. A running server gives space back by itself, but \
            not of a journal that was begun by a version which could not: compact that one once.
            """)

    @Option(help: ArgumentHelp("The folder of the journal.", valueName: "dir")) var data = "data"

    func run() throws {
        let path = data + "/tallywire.db"
        let result = try JournalCompaction.run(path: path)
        try Output.standard.print("\(path): \(result.before >> 20) MiB before, \(result.after >> 20) MiB now")
    }
}
