import NIOCore

/// Somebody who can be in rooms and takes frames.
protocol RoomMember: AnyObject {
    /// Kept for the table, which alone changes it.
    var membership: Membership { get set }

    /// Sends the frames of so many events; says whether it did. The member may leave the table while it does.
    func send(_ frames: ByteBuffer, events: Int) -> Bool

    /// Sends the frames of so many events, which are in several pieces; says whether it did.
    func send(pieces: [ByteBuffer], events: Int) -> Bool
}

/// What one member is in.
struct Membership {
    /// Its rooms in the order in which they were joined.
    fileprivate(set) var rooms: [Room] = []
    /// Whether it gets from rooms such as `product:1` what is for admins alone.
    fileprivate(set) var isAdmin = false
    /// What it gets from rooms with a name, or from being in no room.
    fileprivate(set) var events: EventTypes = []
    /// The list of the table that it stands in, and its place there.
    fileprivate var list = 0
    fileprivate var position = 0
    /// While a pass goes on, the records that several rooms bring it.
    fileprivate var matches: [Int] = []
}

/// Who is in which room, on one event loop, and who gets what of a pass.
///
/// The rooms with a name differ only in their types, so what a member gets from all of them together is a set of types.
/// Members with the same set stand in one list and share the same bytes, however many rooms they are in: a pass costs them one
/// send each and nothing else. Members of rooms such as `product:1` stand in a list of their own; those with several rooms get
/// their records once, in order, as pieces of the pass.
struct RoomTable<Member: RoomMember> {
    let directory: RoomDirectory
    /// One list for each set of types, and the followers at the end.
    private var lists: [[Member]]
    private var products: [Int64: Followers] = [:]
    private var variants: [Int64: Followers] = [:]
    private var locations: [String: Followers] = [:]

    private static var followers: Int { EventTypes.count }

    /// The members of one room such as `product:1`.
    private final class Followers {
        var members: [Member] = []
        var positions: [ObjectIdentifier: Int] = [:]
        /// While a pass goes on, the records that match.
        var matches: [Int] = []
    }

    init(_ directory: RoomDirectory) {
        self.directory = directory
        lists = Array(repeating: [], count: EventTypes.count + 1)
    }

    // MARK: Membership

    /// Takes a new member, who is in no room.
    mutating func add(_ member: Member, isAdmin: Bool = true) {
        member.membership = Membership()
        member.membership.isAdmin = isAdmin
        member.membership.events = directory.broadcast
        enlist(member)
    }

    /// Says whether the member is an admin from now on.
    func setAdmin(_ member: Member, _ isAdmin: Bool) { member.membership.isAdmin = isAdmin }

    /// Takes the member out of everything.
    mutating func remove(_ member: Member) {
        for case .followed(let room) in member.membership.rooms { unfollow(room, member) }
        delist(member)
        member.membership.rooms = []
    }

    /// Puts the member into a room; says whether it was not there before.
    @discardableResult
    mutating func join(_ member: Member, _ room: Room) -> Bool {
        guard !member.membership.rooms.contains(room) else { return false }
        delist(member)
        member.membership.rooms.append(room)
        if case .followed(let room) = room { follow(room, member) }
        enlist(member)
        return true
    }

    /// Takes the member out of a room; says whether it was there.
    @discardableResult
    mutating func leave(_ member: Member, _ room: Room) -> Bool {
        guard let index = member.membership.rooms.firstIndex(of: room) else { return false }
        delist(member)
        member.membership.rooms.remove(at: index)
        if case .followed(let room) = room { unfollow(room, member) }
        enlist(member)
        return true
    }

    private mutating func enlist(_ member: Member) {
        let rooms = member.membership.rooms
        var events: EventTypes = rooms.isEmpty ? directory.broadcast : []
        var list: Int?
        for room in rooms {
            switch room {
            case .named(let place): events.formUnion(directory.named[place])
            case .followed: list = Self.followers
            }
        }
        let target = list ?? Int(events.rawValue)
        member.membership.events = events
        member.membership.list = target
        member.membership.position = lists[target].count
        lists[target].append(member)
    }

    private mutating func delist(_ member: Member) {
        let list = member.membership.list
        let position = member.membership.position
        let last = lists[list].removeLast()
        guard last !== member else { return }
        lists[list][position] = last
        last.membership.position = position
    }

    private mutating func follow(_ room: FollowedRoom, _ member: Member) {
        let followers = followers(of: room) ?? Followers()
        followers.positions[ObjectIdentifier(member)] = followers.members.count
        followers.members.append(member)
        setFollowers(of: room, followers)
    }

    private mutating func unfollow(_ room: FollowedRoom, _ member: Member) {
        guard let followers = followers(of: room),
            let position = followers.positions.removeValue(forKey: ObjectIdentifier(member))
        else { return }
        let last = followers.members.removeLast()
        if last !== member {
            followers.members[position] = last
            followers.positions[ObjectIdentifier(last)] = position
        }
        if followers.members.isEmpty { setFollowers(of: room, nil) }
    }

    private func followers(of room: FollowedRoom) -> Followers? {
        switch room {
        case .product(let id): products[id]
        case .variant(let id): variants[id]
        case .location(let code): locations[code]
        }
    }

    private mutating func setFollowers(of room: FollowedRoom, _ followers: Followers?) {
        switch room {
        case .product(let id): products[id] = followers
        case .variant(let id): variants[id] = followers
        case .location(let code): locations[code] = followers
        }
    }

    // MARK: Delivery

    /// What a pass came to.
    struct Tally: Equatable {
        /// Events sent, counted once for each member that got them.
        var events = 0
        /// Members that got something.
        var sends = 0
        var bytes = 0
    }

    /// Sends each member what it is to get of the pass: every record once at most, in order, with one flush.
    ///
    /// It is not `mutating`: a member may leave while it is sent to, and that must find the table accessible.
    func deliver(_ pass: Pass) -> Tally {
        var tally = Tally()
        for list in 1..<EventTypes.count {
            let members = lists[list]
            guard !members.isEmpty, let part = pass.part(of: EventTypes(rawValue: UInt8(list))) else { continue }
            for member in members { send(part, to: member, &tally) }
        }
        if !lists[Self.followers].isEmpty { deliverToFollowers(pass, &tally) }
        return tally
    }

    private func deliverToFollowers(_ pass: Pass, _ tally: inout Tally) {
        var rooms: [Followers] = []
        func match(_ followers: Followers?, _ index: Int) {
            guard let followers else { return }
            if followers.matches.isEmpty { rooms.append(followers) }
            followers.matches.append(index)
        }
        for (index, record) in pass.records.enumerated() where !record.type.isDisjoint(with: directory.followed) {
            if let id = record.product, !products.isEmpty { match(products[id], index) }
            if let id = record.variant, !variants.isEmpty { match(variants[id], index) }
            if let code = record.location, !locations.isEmpty { match(locations[code], index) }
        }
        var merging: [Member] = []
        for member in lists[Self.followers] where !member.membership.events.isDisjoint(with: pass.types) {
            merging.append(member)
            for (index, record) in pass.records.enumerated() where !record.type.isDisjoint(with: member.membership.events) {
                member.membership.matches.append(index)
            }
        }
        for room in rooms {
            let part = pass.part(of: room.matches)
            let open = room.matches.filter { !pass.records[$0].type.isDisjoint(with: directory.broadcast) }
            let openPart = open.count == room.matches.count ? part : pass.part(of: open)
            for member in room.members {
                let (matches, part) = member.membership.isAdmin ? (room.matches, part) : (open, openPart)
                guard !matches.isEmpty else { continue }
                if member.membership.rooms.count == 1 {
                    send(part, to: member, &tally)
                } else {
                    if member.membership.matches.isEmpty { merging.append(member) }
                    member.membership.matches.append(contentsOf: matches)
                }
            }
            room.matches.removeAll(keepingCapacity: true)
        }
        for member in merging {
            member.membership.matches.sort()
            let runs = pass.runs(of: member.membership.matches)
            member.membership.matches = []
            if let run = runs.pieces.first, runs.pieces.count == 1 {
                send(Pass.Part(frames: run, events: runs.events), to: member, &tally)
            } else if member.send(pieces: runs.pieces, events: runs.events) {
                tally.events += runs.events
                tally.sends += 1
                tally.bytes += runs.pieces.reduce(0) { $0 + $1.readableBytes }
            }
        }
    }

    @inline(__always)
    private func send(_ part: Pass.Part, to member: Member, _ tally: inout Tally) {
        guard member.send(part.frames, events: part.events) else { return }
        tally.events += part.events
        tally.sends += 1
        tally.bytes += part.frames.readableBytes
    }

    /// Members in all, for tests and limits.
    var count: Int { lists.reduce(0) { $0 + $1.count } }
    /// Rooms such as `product:1` that somebody is in.
    var followedRooms: Int { products.count + variants.count + locations.count }
}
