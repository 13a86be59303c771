import Foundation
import Testing

/// GS1's own test vectors, as data: not part of this repository.
///
/// They are looked for in the folder that the environment variable GS1_VECTORS names, and then in `../shared/gs1` beside the
/// repository. The tests that need them are skipped, with that said, where there is none.
enum VectorFolder {
    static let url: URL? = {
        let named = ProcessInfo.processInfo.environment["GS1_VECTORS"].map { URL(fileURLWithPath: $0, isDirectory: true) }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let beside = root.deletingLastPathComponent().appending(path: "shared/gs1", directoryHint: .isDirectory)
        return [named, beside].compactMap(\.self)
            .first { FileManager.default.fileExists(atPath: $0.appending(path: "linters.jsonl").path) }
    }()

    static let isThere = url != nil

    static let skipped: Comment =
        "GS1's vectors were not run: neither GS1_VECTORS nor ../shared/gs1 beside the repository is a folder with linters.jsonl"

    /// The rows of `name`.jsonl, without those left out.
    static func rows<Row: Decodable & VectorRow>(
        _ name: String, of type: Row.Type = Row.self, without leftOut: [String: String] = [:]
    )
        throws -> [Row]
    {
        let folder = try #require(url)
        let text = try String(contentsOf: folder.appending(path: name + ".jsonl"), encoding: .utf8)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let rows = try text.split(separator: "\n").map { try decoder.decode(Row.self, from: Data($0.utf8)) }
        #expect(!rows.isEmpty)
        for source in leftOut.keys {
            #expect(rows.contains { $0.src == source }, "\(source) is left out of \(name), and not there at all")
        }
        return rows.filter { leftOut[$0.src] == nil }
    }
}

/// What all rows have: where in GS1's sources they are from.
protocol VectorRow {
    var src: String { get }
}
