import ArgumentParser
import Foundation
import TallywireCore

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring a running server's catalogue and stock to what a CSV or JSON file says.",
        discussion: """
            CSV columns, in any order: \(CatalogueCSV.names); a row for each variant and location. Only sku is needed, and product for what is \
            new. What the file does not name is left alone, and an empty field names nothing; "none" as price or barcodes says that there is \
            none. Rows find their items by SKU, and ids are for new items. The whole file is checked before anything is changed. Stock is \
            counted, and a second import changes nothing.
            """)

    @Argument(help: "The file, .csv or .json; - is standard input.") var file: String
    @Flag(help: "Do nothing if the server has products already.") var onlyIfEmpty = false
    @Flag(help: "Say what would be changed, and change nothing.") var dryRun = false
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try ServerClient(options)
        let catalogue = try CatalogueFile.read(file)
        if onlyIfEmpty {
            let page = try JSONDecoder().decode(
                ServerCatalogue.Page<ServerCatalogue.Product>.self, fromOutside: try await client.get("/api/products?limit=1"))
            guard page.items.isEmpty else {
                return try Output.standard.print("\(file): not imported, the server has products already")
            }
        }
        let progress = Progress()
        let plan = try ImportPlan(catalogue, on: try await ServerCatalogue.read(client, progress: progress).state)
        progress.clear()
        for note in plan.notes { try Output.error.print("note: \(note)") }
        let catalogueImport = CatalogueImport(client: client, progress: progress)
        try await catalogueImport.askForRoom(plan)
        let summary = "\(plan.created) created, \(plan.updated) updated, \(plan.counts.count) balances counted"
        if dryRun {
            let lines = (plan.changes + plan.counts).map { "would \($0.text)" }
            return try Output.standard.print(
                (lines + ["\(file): nothing was changed; it would be: \(summary)"]).joined(separator: "\n"))
        }
        try await catalogueImport.run(plan)
        try Output.standard.print("\(file): \(summary)")
    }
}

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print a running server's catalogue and stock, as import takes it.")

    enum Format: String, ExpressibleByArgument, CaseIterable { case csv, json }

    @Option(help: "csv or json.") var format = Format.csv
    @Option(name: .shortAndLong, help: "Write into this file instead of standard output.") var output: String?
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let progress = Progress()
        let file = CatalogueFile(try await ServerCatalogue.read(try ServerClient(options), progress: progress).state)
        progress.clear()
        for note in file.notes { try Output.error.print("note: \(note)") }
        let text = format == .csv ? CatalogueCSV.write(file) : CatalogueJSON.write(file)
        guard let output else { return try Output.standard.write(text) }
        try OutputFile.write(text, to: output)
    }
}
