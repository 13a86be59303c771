import ArgumentParser
import Foundation

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring a running server's catalogue and stock to what a CSV or JSON file says.",
        discussion: """
            CSV columns: \(CatalogueCSV.columns.joined(separator: ", ")); a row for each variant and location. What the file does not name is \
            left alone, stock is counted, and a second import changes nothing.
            """)

    @Argument(help: "The file, .csv or .json.") var file: String
    @Flag(help: "Do nothing if the server has products already.") var onlyIfEmpty = false
    @OptionGroup var options: ClientOptions

    func run() async throws {
        let client = try ServerClient(options)
        let catalogue = try CatalogueFile.read(file)
        if onlyIfEmpty {
            let page = try JSONDecoder().decode(
                ServerCatalogue.Page<ServerCatalogue.Product>.self, from: try await client.get("/api/products?limit=1"))
            guard page.items.isEmpty else { return print("\(file): not imported, the server has products already") }
        }
        var run = CatalogueImport(client, progress: Progress())
        print("\(file): \(try await run.run(catalogue))")
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
        let file = try await ServerCatalogue.read(try ServerClient(options), progress: progress).file
        progress.clear()
        let text = format == .csv ? CatalogueCSV.write(file) : CatalogueJSON.write(file)
        guard let output else { return FileHandle.standardOutput.write(Data(text.utf8)) }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
        } catch {
            throw Failure("error: \(output) cannot be written: \(error.localizedDescription)")
        }
    }
}
