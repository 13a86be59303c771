import Testing

@testable import TallywireCluster

@Suite("The format that a leader writes")
struct LogFormatTests {
    private func reports(_ formats: UInt16...) -> [NodeReport] {
        formats.map { NodeReport(node: "n", address: "", version: "1", format: $0, applied: 0, flushed: 0, beat: 1) }
    }

    @Test("is the newest that all nodes read and that the leader writes")
    func common() {
        func format(_ formats: UInt16...) -> UInt16 {
            LogEntry.format(
                readBy: formats.map {
                    NodeReport(node: "n", address: "", version: "1", format: $0, applied: 0, flushed: 0, beat: 1)
                },
                oldest: 2, newest: 4)
        }
        #expect(format(4, 4) == 4)
        #expect(format(4, 3, 4) == 3, "a node of an earlier version is there")
        #expect(format(9, 5) == 4, "the leader is of the earlier version")
        #expect(format(1, 4) == 2, "a node that reads nothing the leader writes has to be upgraded")
        #expect(format() == 2, "until a node has reported, what each reads")
    }

    @Test("is one of those that this program has, whatever the nodes say")
    func own() {
        #expect(LogEntry.format(readBy: reports(0, 9)) == LogEntry.oldestFormat)
        #expect(LogEntry.format(readBy: reports(9, 9)) == LogEntry.newestFormat)
    }

    @Test("stands in each entry from the moment on at which it was chosen")
    func written() throws {
        var writer = LogWriter(node: "a", term: Term(1), head: LogHead(), format: 1, makeID: { "id" })
        #expect(writer.entry(.ended).format == 1)
        writer.format = 2
        let entry = writer.entry(.ended)
        #expect(entry.format == 2)
        #expect(throws: LogFailure.broken("the entry 1 is to be written in the format 2, which this program does not write")) {
            try LogEntryCodec().encode(entry)
        }
    }
}
