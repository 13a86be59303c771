import Foundation
import Testing

/// What devices really send.
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json"), "\(name).json")
        return Array(try Data(contentsOf: url))
    }
}
