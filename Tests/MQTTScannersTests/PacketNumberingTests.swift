import TallywireTesting
import Testing

@testable import MQTTScanners

@Suite("The numbering of packets")
struct PacketNumberingTests {
    private let step = PacketNumbering.step

    @Test("a second packet of the same id is another one, a redelivered packet is the same")
    func tellsApart() {
        var numbering = PacketNumbering(stored: nil, receiveMaximum: 10)
        let first = numbering.number(of: 5, isRedelivery: false)
        #expect(numbering.number(of: 5, isRedelivery: true) == first)
        let second = numbering.number(of: 5, isRedelivery: false)
        #expect(second > first)
        #expect(numbering.number(of: 5, isRedelivery: true) == second)
    }

    @Test("numbers that a broker counts follow one another, over the wrap too")
    func follows() {
        var numbering = PacketNumbering(stored: 10 * 65_536, receiveMaximum: 10)
        let start = numbering.number(of: 65_534, isRedelivery: false)
        #expect(numbering.number(of: 65_535, isRedelivery: false) == start + 1)
        // 0 is no packet id.
        #expect(numbering.number(of: 1, isRedelivery: false) == start + 3)
    }

    @Test("a packet that was seen before a crash has the number it had then, and one that was lost on the way a new one")
    func survivesACrash() {
        var before = PacketNumbering(stored: nil, receiveMaximum: 100)
        var given: [UInt16: UInt64] = [:]
        for id in 1...20_000 { given[UInt16(id)] = before.number(of: UInt16(id), isRedelivery: false) }
        var after = PacketNumbering(stored: before.reserved, receiveMaximum: 100)
        // The last fifty were read and not acknowledged, fifty more were on their way.
        for id in UInt16(19_951)...20_000 { #expect(after.number(of: id, isRedelivery: true) == given[id]) }
        for id in UInt16(20_001)...20_050 { #expect(after.number(of: id, isRedelivery: true) > given[20_000] ?? .max) }
        let next = after.number(of: 20_051, isRedelivery: false)
        #expect(next == (given[20_000] ?? 0) + 51)
    }

    @Test("is reserved before it is used, with one write for thousands of packets")
    func reserves() {
        var numbering = PacketNumbering(stored: 200_000, receiveMaximum: 10)
        var writes = 0
        var stored = numbering.reserved
        for count in 0..<100_000 {
            let number = numbering.number(of: UInt16(count % 65_535 + 1), isRedelivery: false)
            if numbering.reserved != stored {
                writes += 1
                stored = numbering.reserved
            }
            #expect(number <= stored)
        }
        #expect(writes <= 100_000 / Int(step) + 2)
    }

    @Test("a new session means new packets, whatever their ids")
    func beginsSessions() {
        var numbering = PacketNumbering(stored: nil, receiveMaximum: 10)
        let old = (1...100).map { numbering.number(of: $0, isRedelivery: false) }
        numbering.beginSession()
        let new = (1...100).map { numbering.number(of: $0, isRedelivery: false) }
        #expect(Set(old).isDisjoint(with: new))
        // A crash after that finds the numbers of the new session again.
        var after = PacketNumbering(stored: numbering.reserved, receiveMaximum: 10)
        #expect((91...100).map { after.number(of: $0, isRedelivery: true) } == Array(new.suffix(10)))
    }

    @Test("a broker that gives the lowest free id gets a new number for each packet while the server runs")
    func lowestFreeIDs() {
        var numbering = PacketNumbering(stored: nil, receiveMaximum: 10)
        var numbers: Set<UInt64> = []
        for _ in 0..<1000 { numbers.insert(numbering.number(of: 1, isRedelivery: false)) }
        #expect(numbers.count == 1000)
    }

    @Test("what a broker delivers again long after it was acknowledged has the number it had")
    func oldRedelivery() {
        var numbering = PacketNumbering(stored: nil, receiveMaximum: 10)
        let given = (1...1000).map { numbering.number(of: $0, isRedelivery: false) }
        #expect(numbering.number(of: 500, isRedelivery: true) == given[499])
    }

    @Test("a number that turned out to be used is replaced by one above all that may have been")
    func renumbers() {
        var before = PacketNumbering(stored: nil, receiveMaximum: 10)
        let used = before.number(of: 1, isRedelivery: false)
        var after = PacketNumbering(stored: before.reserved, receiveMaximum: 10)
        #expect(after.number(of: 1, isRedelivery: false) == used)
        let fresh = after.renumber(1)
        #expect(fresh > before.reserved)
        #expect(fresh <= after.reserved)
        #expect(after.number(of: 1, isRedelivery: true) == fresh)
    }

    @Test(
        "each of a hundred thousand scans of one item is counted once, through lost connections and crashes at any point",
        arguments: 1...4)
    func survivesAnything(seed: UInt64) throws {
        var world = World(seed: seed)
        try world.run(messages: 100_000)
        #expect(world.applied.count == 100_000)
        #expect(world.crashes > 100 && world.losses > 100)
    }
}

/// A broker that counts packet ids, a network that loses connections, and a server that dies. All scans have the same content.
private struct World {
    private struct Packet {
        let id: UInt16
        let message: Int
        var wasSent = false
    }

    struct Wrong: Error, CustomStringConvertible { let description: String }

    private var random: SplitMix
    private let receiveMaximum = 50
    // The broker.
    private var lastID: UInt16
    private var inFlight: [Packet] = []
    // What is on disk: the bookmark, and for each id the message that was applied with it.
    private var stored: UInt64?
    private var ids: [UInt64: Int] = [:]
    private(set) var applied: [Int: UInt64] = [:]
    private(set) var crashes = 0
    private(set) var losses = 0

    init(seed: UInt64) {
        random = SplitMix(state: seed)
        lastID = UInt16.random(in: 1...60_000, using: &random)
    }

    mutating func run(messages: Int) throws {
        var next = 0
        var numbering = PacketNumbering(stored: stored, receiveMaximum: receiveMaximum)
        while next < messages || !inFlight.isEmpty {
            while next < messages, inFlight.count < receiveMaximum, Int.random(in: 0..<8, using: &random) > 0 {
                lastID = lastID == .max ? 1 : lastID + 1
                inFlight.append(Packet(id: lastID, message: next))
                next += 1
            }
            // The broker sends all it may; a part of it arrives.
            let wasSent = inFlight.map(\.wasSent)
            for index in inFlight.indices { inFlight[index].wasSent = true }
            let arrived = Int.random(in: 0...inFlight.count, using: &random)
            let end = Int.random(in: 0..<40, using: &random)
            let batch = inFlight.prefix(arrived)
            var numbers: [UInt64] = []
            for (index, packet) in batch.enumerated() {
                // Within one connection what did not arrive yet arrives later: without a loss it comes as it was sent.
                numbers.append(numbering.number(of: packet.id, isRedelivery: wasSent[index]))
            }
            if end == 0 { numbering = crash(); continue }
            if numbering.reserved > stored ?? 0 { stored = numbering.reserved }
            if end == 1 { numbering = crash(); continue }
            // The engine commits the batch.
            for (packet, number) in zip(batch, numbers) {
                if let message = ids[number] {
                    guard message == packet.message else {
                        throw Wrong(description: "scan \(packet.message) was taken for \(message)")
                    }
                } else {
                    guard applied[packet.message] == nil else { throw Wrong(description: "scan \(packet.message) counted twice") }
                    ids[number] = packet.message
                    applied[packet.message] = number
                }
            }
            if end == 2 { numbering = crash(); continue }
            // A part of the acknowledgements arrives, in order.
            let acknowledged = end < 5 ? Int.random(in: 0...arrived, using: &random) : arrived
            inFlight.removeFirst(acknowledged)
            if end < 5 {
                losses += 1
                if end == 3 { numbering = crash() }
            } else {
                // What was sent and has not arrived is still on its way on this connection.
                for index in inFlight.indices where !wasSent[index + acknowledged] { inFlight[index].wasSent = false }
            }
        }
    }

    private mutating func crash() -> PacketNumbering {
        crashes += 1
        return PacketNumbering(stored: stored, receiveMaximum: receiveMaximum)
    }
}
