import Foundation
import TallywireTesting
import Testing

@testable import JSONLogSink

@Suite("What every sink has to do, by the JSON log")
struct JSONLogConformanceTests {
    @Test("does what every sink has to do", arguments: SinkConformance.checks)
    func conformance(check: SinkConformance) async throws {
        struct Line: Decodable { let seq: UInt64 }
        let log = try LogFolder()
        try await check.run(
            SinkConformance.Subject(
                make: { log.sink() },
                delivered: { try log.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).seq } }))
    }
}
