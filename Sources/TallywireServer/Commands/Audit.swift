import ArgumentParser
import Foundation
import SQLiteJournal
import TallywireCommands

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fold the journal again and compare it with the stored balances.",
        discussion:
            "It only reads, and may run beside the server. If events and stored values disagree, it prints the first difference and exits with 1."
    )

    @Option(help: ArgumentHelp("The folder of the journal, or its file.", valueName: "dir"))
    var data = "data"

    func run() throws {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: data, isDirectory: &isFolder)
        let path = exists && !isFolder.boolValue ? data : data + "/tallywire.db"
        let report = try JournalAudit.run(path: path)
        let range = report.folded == 0 ? "no events" : "events \(report.first) to \(report.last)"
        if let difference = report.difference {
            throw Failure("\(path): \(range) disagree with the stored values: \(difference)")
        }
        try Output.standard.print("\(path): \(range) folded, \(report.variants) variants agree (epoch \(report.epoch))")
    }
}
