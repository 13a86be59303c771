import NIOCore
import TallywireCore
import TallywireEngine
import TallywireTesting
import Testing

@testable import RoomHub
@testable import WebSocketSink

/// A member that remembers what it was sent.
final class RecordingMember: RoomMember {
    var membership = Membership()
    var received: [UInt64] = []
    var flushes = 0
    /// Runs instead of the next send, and says whether it went.
    var interruption: (() -> Bool)?

    func take(_ parcel: Parcel) -> Bool {
        if let interruption { return interruption() }
        let sequences = parcel.pieces.flatMap { sequence($0) }
        #expect(sequences.count == parcel.events)
        received += sequences
        flushes += 1
        return true
    }
}

@Suite("The rooms of an event loop")
struct RoomTableTests {
    let configuration: WebSocketConfiguration
    let directory: RoomDirectory
    let admin: Room
    let shop: Room

    init() throws {
        var configuration = WebSocketConfiguration()
        configuration.hub.rooms.append(.init(name: "alerts", events: [.stockAlert]))
        configuration.hub.rooms.append(.init(name: "nothing", events: []))
        self.configuration = configuration
        directory = RoomDirectory(configuration.hub)
        admin = try #require(directory.room(named: "admin_room"))
        shop = try #require(directory.room(named: "ecommerce_room"))
    }

    @Test("a member in no room gets the broadcast types, before its first room and after its last")
    func broadcast() {
        var table = RoomTable<RecordingMember>(directory)
        let member = RecordingMember()
        table.add(member)
        _ = table.deliver(Pass([envelope(1), envelope(2, .stockAlert), envelope(3, .catalogueChanged)]))
        #expect(member.received == [1])
        table.join(member, admin)
        _ = table.deliver(Pass([envelope(4, .stockAlert)]))
        #expect(member.received == [1, 4])
        table.leave(member, admin)
        _ = table.deliver(Pass([envelope(5, .stockAlert), envelope(6, .productStatusChanged)]))
        #expect(member.received == [1, 4, 6])
    }

    @Test("a member in a room without events gets nothing, not even the broadcast")
    func emptyRoom() throws {
        var table = RoomTable<RecordingMember>(directory)
        let member = RecordingMember()
        table.add(member)
        table.join(member, try #require(directory.room(named: "nothing")))
        _ = table.deliver(Pass([envelope(1)]))
        #expect(member.received == [])
    }

    @Test("an event that several rooms of a member carry comes once, in order, with one flush")
    func once() throws {
        var table = RoomTable<RecordingMember>(directory)
        let member = RecordingMember()
        table.add(member)
        for name in ["product:1", "admin_room", "variant:11", "location:WH1", "alerts", "ecommerce_room", "location:WH2"] {
            table.join(member, try #require(directory.room(named: name)))
        }
        let tally = table.deliver(
            Pass([
                envelope(1), envelope(2, .stockAlert, location: nil), envelope(3, .catalogueChanged),
                envelope(4, product: 2, variant: 21, location: "WH2"), envelope(5),
            ]))
        #expect(member.received == [1, 2, 4, 5])
        #expect(member.flushes == 1)
        #expect(tally == .init(events: 4, sends: 1, bytes: tally.bytes))
    }

    @Test("rooms about a product, a variant or a location carry the broadcast types and alerts about it")
    func followed() throws {
        var table = RoomTable<RecordingMember>(directory)
        let members = try ["product:1", "variant:11", "location:WH1"].map { name in
            let member = RecordingMember()
            table.add(member)
            table.join(member, try #require(directory.room(named: name)))
            return member
        }
        _ = table.deliver(
            Pass([
                envelope(1), envelope(2, product: 1, variant: 12, location: "WH2"), envelope(3, .stockAlert),
                envelope(4, .productStatusChanged, variant: nil, location: nil), envelope(5, .catalogueChanged),
                envelope(6, product: 2, variant: 21, location: "WH1"),
            ]))
        #expect(members.map(\.received) == [[1, 2, 3, 4], [1, 3], [1, 3, 6]])
    }

    @Test("a location's counts are in its room, for admins alone")
    func counts() throws {
        var table = RoomTable<RecordingMember>(directory)
        let members = try [true, false].map { isAdmin in
            let member = RecordingMember()
            table.add(member, isAdmin: isAdmin)
            table.join(member, try #require(directory.room(named: "location:WH1")))
            return member
        }
        _ = table.deliver(
            Pass([envelope(1), envelope(2, .countChanged, location: "WH1"), envelope(3, .countChanged, location: "WH2")]))
        #expect(members.map(\.received) == [[1, 2], [1]])
    }

    @Test("a member that goes while it is sent to disturbs nobody")
    func leavingMeanwhile() {
        final class Box {
            var table: RoomTable<RecordingMember>
            init(_ table: RoomTable<RecordingMember>) { self.table = table }
        }
        let box = Box(RoomTable(directory))
        let members = (0..<5).map { _ in RecordingMember() }
        for member in members {
            box.table.add(member)
            box.table.join(member, .followed(.product(1)))
        }
        members[1].interruption = {
            box.table.remove(members[1])
            box.table.remove(members[4])
            return false
        }
        let table = box.table
        let tally = table.deliver(Pass([envelope(1)]))
        #expect(box.table.count == 3)
        #expect(tally.sends == 4)
        members[1].interruption = nil
        _ = box.table.deliver(Pass([envelope(2)]))
        #expect(members.map(\.received) == [[1, 2], [], [1, 2], [1, 2], [1]])
    }

    @Test("whatever is joined and left, each member gets what its rooms carry and nothing else", arguments: 1...20)
    func model(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var table = RoomTable<RecordingMember>(directory)
        var members: [(member: RecordingMember, rooms: Set<String>, expected: [UInt64])] = []
        let names =
            ["admin_room", "ecommerce_room", "alerts", "nothing"] + (1...3).map { "product:\($0)" }
            + (1...4).map { "variant:\($0)" }
            + ["location:A", "location:B", "reservation:R-0", "reservation:R-1"]
        var seq: UInt64 = 0
        for _ in 0..<400 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                let member = RecordingMember()
                table.add(member)
                members.append((member, [], []))
            case 1 where !members.isEmpty:
                let index = Int.random(in: 0..<members.count, using: &random)
                table.remove(members[index].member)
                #expect(members[index].member.received == members[index].expected)
                members.remove(at: index)
            case 2...5 where !members.isEmpty:
                let index = Int.random(in: 0..<members.count, using: &random)
                let name = try #require(names.randomElement(using: &random))
                let isNew = table.join(members[index].member, try #require(directory.room(named: name)))
                #expect(isNew == members[index].rooms.insert(name).inserted)
            case 6 where !members.isEmpty:
                let index = Int.random(in: 0..<members.count, using: &random)
                guard let name = members[index].rooms.randomElement(using: &random) else { continue }
                #expect(table.leave(members[index].member, try #require(directory.room(named: name))))
                members[index].rooms.remove(name)
            default:
                let records = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                    seq += 1
                    let type = EventType.allCases.randomElement(using: &random) ?? .stockAlert
                    let places: [String?] = type == .stockAlert ? ["A", "B", "C"] : ["A", "B", "C", nil]
                    return envelope(
                        seq, type, product: Int64.random(in: 1...4, using: &random),
                        variant: Int64.random(in: 1...5, using: &random), location: places.randomElement(using: &random) ?? nil)
                }
                for index in members.indices {
                    members[index].expected += records.filter { wants(members[index].rooms, $0) }.map(\.seq)
                }
                let tally = table.deliver(Pass(records))
                #expect(members.allSatisfy { $0.member.received == $0.expected })
                #expect(tally.sends <= members.count)
            }
        }
        #expect(table.count == members.count)
        for (member, _, _) in members { table.remove(member) }
        #expect(table.count == 0)
        #expect(table.followedRooms == 0)
    }

    /// The contract, said in the plainest way.
    private func wants(_ rooms: Set<String>, _ envelope: EventEnvelope) -> Bool {
        let isBroadcast = configuration.hub.broadcast.contains(envelope.type)
        if rooms.isEmpty { return isBroadcast }
        return rooms.contains { name in
            if let room = configuration.hub.rooms.first(where: { $0.name == name }) { return room.events.contains(envelope.type) }
            if let id = envelope.subject.reservation { return name == "reservation:\(id)" }
            guard isBroadcast || [.stockAlert, .countChanged].contains(envelope.type) else { return false }
            return name == envelope.subject.product.map { "product:\($0)" }
                || name == envelope.subject.variant.map { "variant:\($0)" }
                || name == envelope.subject.location.map { "location:\($0)" }
        }
    }

    @Test(
        "names of rooms are read strictly",
        arguments: [
            ("reservation:basket 7", true), ("reservation:", false), ("reservation:ä", false),
            ("product:1", true), ("product:9007199254740991", true), ("variant:11", true), ("location:STORE-7", true),
            ("product:", false), ("product:0", false), ("product:-1", false), ("product:+1", false), ("product:01", false),
            ("product:1 ", false), ("product:9007199254740992", false), ("product:x", false), ("location:", false),
            ("location:\(String(repeating: "L", count: 33))", false), ("Product:1", false), ("nowhere", false), ("", false),
        ])
    func names(name: String, isRoom: Bool) {
        #expect((directory.room(named: name) != nil) == isRoom)
    }
}
