import TallywireEngine
import TallywirePipeline
import TallywireTesting
import Testing

@testable import ExecPlugin

@Suite("What a sink's program was sent and what it said")
struct AckMachineTests {
    private func machine(window: Int = 10, _ seqs: ClosedRange<Int>) throws -> AckMachine {
        var machine = AckMachine(window: window)
        machine.beginProgram()
        machine.beginDelivery(batch(seqs))
        #expect(machine.nextEvents(size: 1 << 20).isEmpty, "nothing is written before the greeting")
        #expect(try machine.receive(.greeting))
        return machine
    }

    @Test("an acknowledgement is for all events up to it, and another of the same changes nothing")
    func ack() throws {
        var machine = try machine(5...8)
        #expect(machine.nextEvents(size: 1 << 20).map(\.seq) == [5, 6, 7, 8] && machine.inFlight == 4)
        #expect(try machine.receive(.ack(4)) == false)
        #expect(try machine.receive(.ack(7)))
        #expect(try machine.receive(.ack(6)) == false)
        #expect(machine.inFlight == 1 && !machine.isOver && machine.isWaiting)
        #expect(try machine.receive(.ack(8)))
        #expect(machine.isOver && !machine.isWaiting)
        let ending = machine.endDelivery()
        #expect(ending.isWhole && ending.through == 8 && ending.rejected.isEmpty)
        #expect(machine.counts.acknowledged == 4)
    }

    @Test("not more events than the window are unacknowledged, and not more bytes are written at once than asked for")
    func window() throws {
        var machine = try machine(window: 3, 1...9)
        #expect(machine.nextEvents(size: 1).map(\.seq) == [1])
        #expect(machine.nextEvents(size: 1 << 20).map(\.seq) == [2, 3])
        #expect(machine.nextEvents(size: 1 << 20).isEmpty)
        _ = try machine.receive(.ack(2))
        #expect(machine.nextEvents(size: 1 << 20).map(\.seq) == [4, 5])
    }

    @Test("a rejected event is done with by itself, and those before it are not")
    func reject() throws {
        var machine = try machine(1...4)
        _ = machine.nextEvents(size: 1 << 20)
        _ = try machine.receive(.reject(3, reason: "no"))
        #expect(machine.inFlight == 4)
        _ = try machine.receive(.ack(2))
        #expect(machine.inFlight == 1, "3 is passed with 2")
        _ = try machine.receive(.reject(4, reason: "never"))
        #expect(machine.isOver)
        let ending = machine.endDelivery()
        #expect(ending.isWhole && ending.rejected.map(\.seq) == [3, 4] && ending.rejected.map(\.reason) == ["no", "never"])
        #expect(machine.counts.acknowledged == 2 && machine.counts.rejected == 2)
    }

    @Test("what is asked for again ends the delivery before it, and nothing of it may be acknowledged until it was written again")
    func retry() throws {
        var machine = try machine(1...6)
        _ = machine.nextEvents(size: 1 << 20)
        _ = try machine.receive(.reject(2, reason: "no"))
        _ = try machine.receive(.reject(5, reason: "no"))
        _ = try machine.receive(.retry(4, after: .seconds(2)))
        #expect(!machine.isOver, "1 and 3 wait for their answers")
        #expect(machine.nextEvents(size: 1 << 20).isEmpty)
        #expect(throws: ProtocolMistake.self) {
            var copy = machine
            _ = try copy.receive(.ack(4))
        }
        _ = try machine.receive(.ack(3))
        #expect(machine.isOver)
        let ending = machine.endDelivery()
        #expect(!ending.isWhole && ending.through == 3 && ending.rejected.map(\.seq) == [2] && ending.pause == .seconds(2))
        #expect(throws: ProtocolMistake.self) {
            var copy = machine
            _ = try copy.receive(.ack(6))
        }
        machine.beginDelivery(batch(4...6))
        _ = machine.nextEvents(size: 1 << 20)
        _ = try machine.receive(.ack(6))
        #expect(machine.endDelivery().isWhole)
    }

    @Test("in a replay, what acknowledges newer events acknowledges nothing of it")
    func replay() throws {
        var machine = try machine(91...100)
        _ = machine.nextEvents(size: 1 << 20)
        _ = try machine.receive(.ack(100))
        #expect(machine.endDelivery().isWhole && !machine.isReplay)
        machine.beginDelivery(EventBatch(records: batch(5...8).records, isReplay: true))
        #expect(machine.isReplay && machine.nextEvents(size: 1).map(\.seq) == [5])
        // The program says it a second time.
        #expect(try machine.receive(.ack(100)) == false)
        _ = machine.nextEvents(size: 1 << 20)
        #expect(try machine.receive(.ack(100)) == false)
        #expect(machine.inFlight == 4)
        _ = try machine.receive(.ack(6))
        _ = try machine.receive(.retry(8, after: .zero))
        _ = try machine.receive(.ack(7))
        let ending = machine.endDelivery()
        #expect(!ending.isWhole && ending.through == 7)
        // What is current goes on where it was.
        machine.beginDelivery(batch(101...102))
        _ = machine.nextEvents(size: 1 << 20)
        #expect(try machine.receive(.ack(8)) == false)
        _ = try machine.receive(.ack(102))
        #expect(machine.endDelivery().isWhole)
    }

    @Test("a program may not answer what it was not sent, nor twice, nor before it greets")
    func mistakes() throws {
        var machine = try machine(1...4)
        #expect(throws: ProtocolMistake.self) { try machine.receive(.ack(1)) }
        #expect(throws: ProtocolMistake.self) { try machine.receive(.reject(1, reason: "")) }
        _ = machine.nextEvents(size: 1)
        #expect(throws: ProtocolMistake.self) { try machine.receive(.ack(2)) }
        _ = try machine.receive(.ack(1))
        #expect(throws: ProtocolMistake.self) { try machine.receive(.reject(1, reason: "")) }
        #expect(throws: ProtocolMistake.self) { try machine.receive(.retry(1, after: .zero)) }
        #expect(throws: ProtocolMistake.self) { try machine.receive(.greeting) }
        machine.beginProgram()
        for line in [ProgramLine.ack(1), .log("x"), .reject(1, reason: ""), .retry(1, after: .zero)] {
            #expect(throws: ProtocolMistake.self) { try machine.receive(line) }
        }
        _ = try machine.receive(.greeting)
        #expect(throws: ProtocolMistake.self) { try machine.receive(.ack(1)) }
    }

    /// A program that answers at random, as it may, and is killed at random, beside the plainest account of it.
    @Test("whatever a program answers, every event is settled once, in order", arguments: 1...40)
    func anyProgram(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var machine = AckMachine(window: Int.random(in: 1...8, using: &random))
        var settled: [UInt64] = []
        var rejected: UInt64 = 0
        var isRunning = false
        while settled.count < 60 {
            let next = settled.count + 1
            machine.beginDelivery(batch(next...min(60, next + Int.random(in: 0...12, using: &random))))
            if !isRunning {
                machine.beginProgram()
                _ = try machine.receive(.greeting)
                isRunning = true
            }
            // The events that wait for an answer, in order, and those of them that were rejected ahead of their turn.
            var waiting: [UInt64] = []
            var ahead: Set<UInt64> = []
            var done = next - 1
            func leave(_ isDone: (UInt64) -> Bool) {
                while let first = waiting.first, isDone(first) || ahead.contains(first) { done = Int(waiting.removeFirst()) }
            }
            while !machine.isOver, isRunning {
                waiting += machine.nextEvents(size: Int.random(in: 1...2_000, using: &random)).map(\.seq)
                guard let seq = waiting.filter({ !ahead.contains($0) }).randomElement(using: &random) else { continue }
                switch Int.random(in: 0...9, using: &random) {
                case 0: isRunning = false
                case 1:
                    _ = try machine.receive(.reject(seq, reason: "\(seq)"))
                    ahead.insert(seq)
                    leave { _ in false }
                case 2:
                    _ = try machine.receive(.retry(seq, after: .zero))
                    waiting.removeAll { $0 >= seq }
                default:
                    _ = try machine.receive(.ack(seq))
                    leave { $0 <= seq }
                }
            }
            let ending = machine.endDelivery()
            #expect(ending.through.map(Int.init) ?? next - 1 == done)
            if next <= done { settled += UInt64(next)...UInt64(done) }
            rejected += UInt64(ending.rejected.count)
            #expect(ending.rejected.map(\.seq) == ahead.filter { $0 <= done }.sorted())
            #expect(ending.rejected.allSatisfy { $0.reason == "\($0.seq)" })
        }
        #expect(settled == Array(1...60))
        #expect(machine.counts.acknowledged + machine.counts.rejected == 60 && machine.counts.rejected == rejected)
    }
}
