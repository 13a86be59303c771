import Foundation
import Testing

@testable import JSONLogSink

@Suite struct JSONLogRotationTests {
    /// The length of a line with a number of one digit; all tests here stay below 100.
    private let line = LogFolder.line(1).utf8.count + 1

    @Test("a file grows up to its size, then the next begins, also within a batch")
    func rotates() async throws {
        let log = try LogFolder()
        let sink = log.sink(size: line * 3)
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...2) == nil)
        #expect(await sink.offer(3...8) == nil)
        await sink.stop()
        #expect(log.rotated == [1, 2])
        #expect(log.text(2) == LogFolder.lines(1...3).map { $0 + "\n" }.joined())
        #expect(log.text(1) == LogFolder.lines(4...6).map { $0 + "\n" }.joined())
        #expect(log.text() == LogFolder.lines(7...8).map { $0 + "\n" }.joined())
    }

    @Test("a line beyond the size gets a file of its own")
    func largeLine() async throws {
        let log = try LogFolder()
        let sink = log.sink(size: 10)
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...3) == nil)
        await sink.stop()
        #expect(log.rotated == [1, 2])
        #expect(log.lines == LogFolder.lines(1...3))
    }

    @Test("only so many old files are kept, also after the number was lowered")
    func keeps() async throws {
        let log = try LogFolder()
        let sink = log.sink(size: line, keep: 5)
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...9) == nil)
        await sink.stop()
        #expect(log.rotated == [1, 2, 3, 4, 5])
        #expect(log.lines == LogFolder.lines(4...9))
        let lower = log.sink(size: line, keep: 2)
        try await lower.start(LogFolder.context())
        #expect(await lower.offer([10]) == nil)
        await lower.stop()
        #expect(log.rotated == [1, 2])
        #expect(log.lines == LogFolder.lines(8...10))
    }

    @Test("with an empty current file the log still knows where it is")
    func emptyCurrent() async throws {
        let log = try LogFolder()
        let sink = log.sink(size: line)
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...4) == nil)
        await sink.stop()
        // As if the crash came between the last rename and the first line.
        try log.write("")
        try log.mark("e1 3\n")
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...5) == nil)
        await sink.stop()
        #expect(log.lines == LogFolder.lines([1, 2, 3, 4, 5]))
    }

    /// Runs `life` on a disk that dies after 0, 1, 2 … operations, then checks what a new process makes of it.
    private func failingAtEachOperation(
        _ life: (JSONLogSink) async throws -> Void, before: (LogFolder) async throws -> Void = { _ in },
        size: Int, keep: Int = 100, fsync: FlushPolicy = .batch, after: (LogFolder, Int) async throws -> Void
    ) async throws {
        var operations = 0
        while true {
            let log = try LogFolder()
            try await before(log)
            let disk = FaultyDisk()
            disk.change { $0.operationsLeft = operations }
            let sink = log.sink(size: size, keep: keep, fsync: fsync, disk.operations)
            try? await life(sink)
            await sink.stop()
            try await after(log, operations)
            if disk.operationsLeft > 0 { break }
            operations += 1
        }
        #expect(operations > 10)
    }

    @Test("a crash at any operation of a rotation neither loses nor repeats a line", arguments: [FlushPolicy.batch, .never])
    func crash(fsync: FlushPolicy) async throws {
        try await failingAtEachOperation(
            { sink in
                try await sink.start(LogFolder.context())
                for seq in 1...9 as ClosedRange<UInt64> { _ = try await sink.deliver(LogFolder.batch([seq])) }
            }, size: line * 2, fsync: fsync
        ) { log, operations in
            #expect(log.endsWhole, "after \(operations) operations")
            let sink = log.sink(size: line * 2, fsync: fsync)
            try await sink.start(LogFolder.context())
            #expect(await sink.offer(1...12) == nil)
            await sink.stop()
            #expect(log.lines == LogFolder.lines(1...12), "after \(operations) operations")
        }
    }

    @Test("a crash at any operation with all old files in use loses only the oldest of them")
    func crashWithKeep() async throws {
        try await failingAtEachOperation(
            { sink in
                try await sink.start(LogFolder.context())
                for seq in 1...7 as ClosedRange<UInt64> { _ = try await sink.deliver(LogFolder.batch([seq])) }
            }, size: line, keep: 3
        ) { log, operations in
            let survivors = log.lines
            let sink = log.sink(size: line, keep: 3)
            try await sink.start(LogFolder.context())
            #expect(log.lines == survivors, "after \(operations) operations")
            #expect(await sink.offer(1...10) == nil)
            await sink.stop()
            #expect(log.lines == LogFolder.lines(7...10), "after \(operations) operations")
            #expect(log.rotated == [1, 2, 3])
        }
    }

    @Test("a crash at any operation of a change of journal neither mixes nor loses lines")
    func crashWithEpoch() async throws {
        try await failingAtEachOperation(
            { sink in
                try await sink.start(LogFolder.context(epoch: "e2"))
                for seq in 1...5 as ClosedRange<UInt64> { _ = try await sink.deliver(LogFolder.batch([seq])) }
            },
            before: { log in
                let sink = log.sink()
                try await sink.start(LogFolder.context(epoch: "e1"))
                await sink.offer(1...7)
                await sink.stop()
            }, size: line * 2
        ) { log, operations in
            let sink = log.sink(size: line * 2)
            try await sink.start(LogFolder.context(epoch: "e2"))
            #expect(await sink.offer(1...9) == nil)
            await sink.stop()
            #expect(log.lines == LogFolder.lines(1...7) + LogFolder.lines(1...9), "after \(operations) operations")
        }
    }
}
