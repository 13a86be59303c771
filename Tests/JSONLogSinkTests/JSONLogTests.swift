import Foundation
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import JSONLogSink

@Suite struct JSONLogTests {
    @Test("each event is a line, byte for byte and in order")
    func writes() async throws {
        let log = try LogFolder()
        let sink = log.sink()
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...3) == nil)
        #expect(await sink.offer([5, 9]) == nil)
        await sink.stop()
        #expect(log.text() == LogFolder.lines([1, 2, 3, 5, 9]).map { $0 + "\n" }.joined())
        #expect(log.rotated.isEmpty)
    }

    @Test("what is offered again is not written again, in the same run or a later one")
    func exactlyOnce() async throws {
        let log = try LogFolder()
        for end in stride(from: UInt64(10), through: 50, by: 10) {
            let sink = log.sink()
            try await sink.start(LogFolder.context())
            #expect(await sink.offer(1...(end - 5)) == nil)
            #expect(await sink.offer((end - 7)...end) == nil)
            #expect(await sink.offer((end - 7)...end) == nil)
            await sink.stop()
        }
        #expect(log.lines == LogFolder.lines(1...50))
    }

    @Test("a line torn at any byte is cut off and written whole")
    func tornTail() async throws {
        let whole = LogFolder.lines([1, 2]).map { $0 + "\n" }.joined()
        let last = Array(LogFolder.line(3).utf8)
        for length in 0...last.count {
            let log = try LogFolder()
            try log.mark("e1 0\n")
            try Data(Array(whole.utf8) + last[..<length]).write(to: URL(filePath: log.path))
            let sink = log.sink()
            try await sink.start(LogFolder.context())
            #expect(log.text() == whole, "torn after \(length) bytes")
            #expect(await sink.offer(1...4) == nil)
            await sink.stop()
            #expect(log.lines == LogFolder.lines(1...4), "torn after \(length) bytes")
        }
    }

    @Test("a torn first line is cut off too")
    func tornFirstLine() async throws {
        let log = try LogFolder()
        try log.mark("e1 0\n")
        try log.write(#"{"type":"stock_al"#)
        let sink = log.sink()
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...2) == nil)
        await sink.stop()
        #expect(log.lines == LogFolder.lines(1...2))
    }

    @Test("blocks that never reached the disk are cut off", arguments: ["\0\0\0\0", "\0\0\0\n", "{\"type\":\n\0\0\n{}\n", "x\n"])
    func garbage(tail: String) async throws {
        let log = try LogFolder()
        try log.mark("e1 0\n")
        try log.write(LogFolder.lines([1, 2]).map { $0 + "\n" }.joined() + tail)
        let sink = log.sink()
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(2...3) == nil)
        await sink.stop()
        #expect(log.lines == LogFolder.lines(1...3))
    }

    @Test("a last line longer than a block is found")
    func longLine() async throws {
        let log = try LogFolder()
        try log.mark("e1 0\n")
        let long = #"{"type":"x","seq":2,"data":"\#(String(repeating: "é", count: 100_000))"}"#
        try log.write(LogFolder.line(1) + "\n" + long + "\n{")
        let sink = log.sink()
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...3) == nil)
        await sink.stop()
        #expect(log.lines == [LogFolder.line(1), long, LogFolder.line(3)])
    }

    @Test("a log of another journal is moved away before the new one begins")
    func otherEpoch() async throws {
        let log = try LogFolder()
        for epoch in ["e1", "e2"] {
            let sink = log.sink()
            try await sink.start(LogFolder.context(epoch: epoch))
            #expect(await sink.offer(1...3) == nil)
            await sink.stop()
        }
        // Also when nothing was written yet in the new one.
        let sink = log.sink()
        try await sink.start(LogFolder.context(epoch: "e3"))
        await sink.stop()
        try await sink.start(LogFolder.context(epoch: "e3"))
        #expect(await sink.offer(1...2) == nil)
        await sink.stop()
        #expect(log.rotated == [1, 2])
        #expect(log.text() == LogFolder.lines(1...2).map { $0 + "\n" }.joined())
        #expect(log.text(1) == LogFolder.lines(1...3).map { $0 + "\n" }.joined())
        #expect(log.text(2) == log.text(1))
    }

    @Test("a log that is ahead of its journal, which was restored from a copy, is moved away")
    func ahead() async throws {
        let log = try LogFolder()
        let sink = log.sink()
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...9) == nil)
        await sink.stop()
        try await sink.start(LogFolder.context(head: 9))
        #expect(log.rotated.isEmpty)
        try await sink.start(LogFolder.context(head: 8))
        #expect(await sink.offer([8]) == nil)
        await sink.stop()
        #expect(log.rotated == [1])
        #expect(log.lines == LogFolder.lines([1, 2, 3, 4, 5, 6, 7, 8, 9, 8]))
    }

    @Test(
        "a file whose journal is unknown is moved away, whatever it holds",
        arguments: [nil, "", "nonsense", "e1 x\n", "e1 5"] as [String?])
    func foreign(mark: String?) async throws {
        let log = try LogFolder()
        try log.write("somebody's notes, no newline")
        if let mark { try log.mark(mark) }
        let sink = log.sink()
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...2) == nil)
        await sink.stop()
        #expect(log.text(1) == "somebody's notes, no newline")
        #expect(log.text() == LogFolder.lines(1...2).map { $0 + "\n" }.joined())
    }

    @Test("a file that somebody moves or removes is begun anew, and nothing is lost")
    func movedAway() async throws {
        let log = try LogFolder()
        let sink = log.sink()
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...3) == nil)
        try FileManager.default.moveItem(atPath: log.path, toPath: log.path + ".1")
        #expect(await sink.offer(2...5) == nil)
        await sink.stop()
        #expect(log.lines == LogFolder.lines(1...5))
        try FileManager.default.removeItem(atPath: log.path)
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(3...6) == nil)
        await sink.stop()
        #expect(
            log.text() == LogFolder.lines(4...6).map { $0 + "\n" }.joined(),
            "the mark knows what was moved away, not what was removed")
    }

    @Test("a second writer of the same file is refused while the first has it")
    func secondWriter() async throws {
        let log = try LogFolder()
        let first = log.sink()
        let second = log.sink()
        try await first.start(LogFolder.context())
        let error = await #expect(throws: SinkError.self) { try await second.start(LogFolder.context()) }
        #expect(error?.description == "\(log.path) cannot be opened: another process or another sink writes to it")
        #expect(await first.offer(1...2) == nil)
        await first.stop()
        try await second.start(LogFolder.context())
        #expect(await second.offer(1...3) == nil)
        await second.stop()
        #expect(log.lines == LogFolder.lines(1...3))
    }

    @Test("a path that cannot be a log is refused with a reason")
    func badPaths() async throws {
        let log = try LogFolder()
        func refusal() async -> String {
            let error = await #expect(throws: SinkError.self) { try await log.sink().start(LogFolder.context()) }
            return (error?.description ?? "").replacingOccurrences(of: log.folder.path, with: "DIR")
        }
        try Data().write(to: URL(filePath: log.folder.file("target")))
        try FileManager.default.createSymbolicLink(atPath: log.path, withDestinationPath: log.folder.file("target"))
        #expect(await refusal() == "DIR/events.jsonl cannot be opened: it is a symbolic link; name the file that it leads to")
        try FileManager.default.removeItem(atPath: log.path)
        #expect(mkfifo(log.path, 0o600) == 0)
        #expect(await refusal() == "DIR/events.jsonl cannot be opened: it is no ordinary file")
        try FileManager.default.removeItem(atPath: log.path)
        try FileManager.default.createDirectory(atPath: log.path, withIntermediateDirectories: false)
        #expect(await refusal() == "DIR/events.jsonl cannot be opened: it is a directory")
        try FileManager.default.removeItem(atPath: log.folder.path)
        #expect(await refusal() == "DIR/events.jsonl cannot be opened: its directory does not exist; create it")
    }

    @Test("a folder without permission is refused with a reason", .enabled(if: geteuid() != 0))
    func noPermission() async throws {
        let log = try LogFolder()
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: log.folder.path)
        let error = await #expect(throws: SinkError.self) { try await log.sink().start(LogFolder.context()) }
        #expect(error?.description.contains("permission denied") == true)
    }

    @Test("stopping without a start is harmless")
    func stopOnly() async throws {
        await (try LogFolder()).sink().stop()
    }
}
