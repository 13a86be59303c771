import Foundation
import PipelineHost
import TallywireConfiguration
import Testing

/// Each kind of mistake is a file in `Fixtures` with the exact text of what is said about it beside it.
@Suite struct ConfigurationFixtureTests {
    struct Fixture: CustomTestStringConvertible, Sendable {
        let name: String
        var testDescription: String { name }
    }

    static let folder = Bundle.module.resourceURL?.appending(path: "Fixtures") ?? URL(filePath: "Fixtures")

    static var fixtures: [Fixture] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map { Fixture(name: String($0.dropLast(5))) }
    }

    @Test("a mistake is told with its line, column and remedy", arguments: fixtures)
    func mistake(_ fixture: Fixture) throws {
        let path = Self.folder.appending(path: "\(fixture.name).json").path
        let expected = try String(contentsOf: Self.folder.appending(path: "\(fixture.name).txt"), encoding: .utf8)
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader.load(path: path, registry: ConfigurationRegistry.all, environment: ["EMPTY": ""])
        }
        let text = (error?.description ?? "").replacingOccurrences(
            of: Self.folder.path + "/\(fixture.name).json", with: "plugins.json")
        #expect(text + "\n" == expected)
    }

    @Test("there are fixtures for every kind of mistake")
    func thereAreFixtures() { #expect(Self.fixtures.count >= 40) }
}
