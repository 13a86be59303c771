import TallywireRequests
import TestSupport
import Testing

@testable import ExecPlugin

@Suite("What a program writes for people", .timeLimit(.minutes(1)))
struct ProgramLogTests {
    @Test("lines go to the log up to a rate, and what was left out is counted and said")
    func rate() {
        let (time, log) = (SimulatedTime(), LineLog())
        let programLog = ProgramLog(log.logger, redaction: Redaction([:]), clock: time.clock)
        for number in 1...150 { programLog.write("line \(number)", as: "standard error") }
        #expect(log.lines.count == 100 && log.lines[99].contains("line 100") && programLog.leftOut == 50)
        time.advance(by: .milliseconds(50))
        programLog.write("after a rest", as: "standard error")
        #expect(log.lines.count == 102 && log.lines[100].contains("50") && log.lines[101].contains("after a rest"))
        programLog.write("too soon", as: "standard error")
        programLog.end()
        #expect(log.lines.count == 103 && log.lines[102].contains("left out"))
        programLog.end()
        #expect(log.lines.count == 103)
    }

    @Test("a line is shown up to 1,000 characters, and one of more than 8 KiB is left out")
    func length() {
        let log = LineLog()
        let programLog = ProgramLog(log.logger, redaction: Redaction([:]), clock: SimulatedTime().clock)
        programLog.write(String(repeating: "x", count: 1_001), as: "standard error")
        #expect(
            log.lines[0].contains(String(repeating: "x", count: 1_000))
                && !log.lines[0].contains(String(repeating: "x", count: 1_001)))
        programLog.write(nil, as: "standard error")
        #expect(log.lines.count == 1 && programLog.leftOut == 1)
        #expect(programLog.last?.count == 81)
    }

    @Test("values of the environment are taken out, also one that contains another, and each line of a long one")
    func redaction() {
        let redaction = Redaction([
            "KEY": "s3cret", "URL": "postgres://x:s3cret@h", "PEM": "-----BEGIN\nMIIEvQIBADAN\n", "PORT": "5432",
        ])
        #expect(redaction.clear("connect postgres://x:s3cret@h with s3cret on 5432") == "connect [URL] with [KEY] on 5432")
        #expect(redaction.clear("read MIIEvQIBADAN") == "read [PEM]")
    }
}
