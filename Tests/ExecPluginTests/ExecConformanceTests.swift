import TallywireTesting
import Testing

@testable import ExecPlugin

@Suite("What every sink has to do, by programs", .timeLimit(.minutes(1)))
struct ExecConformanceTests {
    @Test("one program for all events does what every sink has to do", arguments: SinkConformance.checks)
    func stream(check: SinkConformance) async throws {
        let programs = try ExecPrograms()
        let options = programs.shell(ExecPrograms.acknowledging)
        try await check.run(SinkConformance.Subject(make: { StreamSink(options) }, delivered: { programs.seqs }))
    }

    @Test("a program for each event does what every sink has to do", arguments: SinkConformance.checks)
    func each(check: SinkConformance) async throws {
        let programs = try ExecPrograms()
        let options = programs.shell("read -r line; n=${line#*:}; echo ${n%%,*} >> seen")
        try await check.run(SinkConformance.Subject(make: { EachSink(options) }, delivered: { programs.seqs }))
    }
}
