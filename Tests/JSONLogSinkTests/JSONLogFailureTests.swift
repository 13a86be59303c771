import Foundation
import TallywirePipeline
import TallywireTesting
import Testing

@testable import JSONLogSink

@Suite struct JSONLogFailureTests {
    @Test("a disk that fills up at any byte leaves whole lines, and what is missing follows once")
    func fullAtAnyByte() async throws {
        let total = LogFolder.lines(1...3).map { $0.utf8.count + 1 }.reduce(0, +)
        for room in 0..<total {
            let log = try LogFolder()
            let disk = FaultyDisk()
            let sink = log.sink(disk.operations)
            try await sink.start(LogFolder.context())
            disk.change { $0.room = room }
            let failure = await sink.offer(1...3)
            let count = UInt64(room / (total / 3))
            #expect(log.lines == LogFolder.lines((1...3).prefix(Int(count))), "room for \(room) bytes")
            #expect(log.endsWhole)
            switch failure as? SinkError {
            case .delivered(through: count, because: _)? where count > 0: break
            case .unavailable(let reason)? where count == 0: #expect(reason.contains("the disk is full"))
            default: Issue.record("room for \(room) bytes: \(String(describing: failure))")
            }
            disk.change { $0.room = nil }
            #expect(await sink.offer((count + 1)...4) == nil)
            await sink.stop()
            #expect(log.lines == LogFolder.lines(1...4), "room for \(room) bytes")
        }
    }

    @Test("if the torn line cannot be cut off at once, it is before the next line")
    func truncateFails() async throws {
        let log = try LogFolder()
        let disk = FaultyDisk()
        let sink = log.sink(disk.operations)
        try await sink.start(LogFolder.context())
        disk.change {
            $0.room = 250
            $0.truncateFails = true
        }
        #expect(await sink.offer(1...4) != nil)
        #expect(await sink.offer(1...4) != nil)
        disk.change {
            $0.room = nil
            $0.truncateFails = false
        }
        #expect(await sink.offer(1...4) == nil)
        await sink.stop()
        #expect(log.lines == LogFolder.lines(1...4))
    }

    @Test("lines whose flush failed are taken back and written again")
    func flushFails() async throws {
        let log = try LogFolder()
        let disk = FaultyDisk()
        let sink = log.sink(disk.operations)
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(1...2) == nil)
        let before = disk.written
        disk.change { $0.flushFails = true }
        let failure = await sink.offer(3...4)
        #expect((failure as? SinkError)?.description.contains("cannot be flushed") == true)
        disk.change { $0.flushFails = false }
        #expect(await sink.offer(3...5) == nil)
        await sink.stop()
        #expect(log.lines == LogFolder.lines(1...5))
        let lengths = LogFolder.lines(3...5).map { $0.utf8.count + 1 }
        #expect(
            disk.written - before == 2 * (lengths[0] + lengths[1]) + lengths[2],
            "after a failed flush nobody knows what is on the disk")
    }

    @Test("every batch is flushed before it counts, if that is wanted")
    func flushesBatches() async throws {
        let log = try LogFolder()
        let disk = FaultyDisk()
        let sink = log.sink(disk.operations)
        try await sink.start(LogFolder.context())
        let before = disk.flushes
        for seq in 1...5 as ClosedRange<UInt64> { #expect(await sink.offer([seq]) == nil) }
        #expect(disk.flushes == before + 5)
        #expect(await sink.offer([5]) == nil)
        #expect(disk.flushes == before + 5, "nothing new, nothing to flush")
        await sink.stop()
    }

    @Test("lines are flushed after the interval, also if nothing follows")
    func flushesAtInterval() async throws {
        let log = try LogFolder()
        let disk = FaultyDisk()
        let sink = log.sink(fsync: .every(.milliseconds(20)), disk.operations)
        try await sink.start(LogFolder.context())
        let before = disk.flushes
        #expect(await sink.offer(1...3) == nil)
        try await eventually("the lines are flushed") { disk.flushes == before + 1 }
        #expect(await sink.offer(4...5) == nil)
        await sink.stop()
        #expect(disk.flushes == before + 2, "stopping flushes the rest")
    }

    @Test("nothing is flushed if that is wanted")
    func neverFlushes() async throws {
        let log = try LogFolder()
        let disk = FaultyDisk()
        let sink = log.sink(fsync: .never, disk.operations)
        try await sink.start(LogFolder.context())
        let before = disk.flushes
        #expect(await sink.offer(1...3) == nil)
        await sink.stop()
        #expect(disk.flushes == before)
        #expect(log.lines == LogFolder.lines(1...3))
    }

    @Test("failures and crashes in any order never lose, repeat or tear a line", arguments: 1...100)
    func anyOrder(seed: Int) async throws {
        var random = Generator(state: UInt64(seed))
        let log = try LogFolder()
        let size = Int.random(in: 100...900, using: &random)
        var taken: UInt64 = 0
        for _ in 0..<12 {
            let disk = FaultyDisk()
            let sink = log.sink(size: size, disk.operations)
            try await sink.start(LogFolder.context())
            for _ in 0..<6 {
                let trouble = Int.random(in: 0..<5, using: &random)
                let amount = Int.random(in: 0..<400, using: &random)
                disk.change {
                    $0.room = trouble == 0 ? amount : nil
                    $0.flushFails = trouble == 1
                    $0.truncateFails = trouble == 2
                    if trouble == 3 { $0.operationsLeft = amount % 12 }
                }
                // The runner's cursor may be older than what the log has.
                let first = max(1, taken - min(taken, UInt64.random(in: 0...3, using: &random)))
                let last = taken + UInt64.random(in: 1...8, using: &random)
                do {
                    _ = try await sink.deliver(LogFolder.batch(first...last))
                    taken = last
                } catch SinkError.delivered(through: let seq, because: _) {
                    taken = max(taken, seq)
                } catch {}
            }
            await sink.stop()
        }
        let sink = log.sink(size: size)
        try await sink.start(LogFolder.context())
        #expect(await sink.offer(max(1, taken)...(taken + 1)) == nil)
        await sink.stop()
        #expect(log.endsWhole)
        // It may hold more than it could say it had taken.
        let lines = log.lines
        #expect(lines.count > taken)
        #expect(lines == LogFolder.lines(1...UInt64(lines.count)))
    }

    /// SplitMix64, so that a failing run can be repeated.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
