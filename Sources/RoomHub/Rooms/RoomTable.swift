import NIOCore

/// Which member is in which room, on one event loop, and which member gets which events of a pass.
///
/// Members that follow nothing are in one list for each view and share the same bytes: a pass costs one send for each of them.
/// Followers of a product, variant, location or reservation are looked up from the event. The cost of an event grows with its followers, not
/// with all connections. Only members that follow something and also have a view look at every event of each pass.
struct RoomTable<Member: RoomMember> {
    private(set) var directory: RoomDirectory
    private var lists: [View: [Member]] = [:]
    /// Members that follow something and also have a view.
    private var mixed: [Member] = []
    private var followingCount = 0
    private var followers: [FollowedRoom: Followers] = [:]
    private var locationsFollowed = 0
    /// How many members are in each room with a name.
    private var occupation: [Int]

    /// The members of one followed room.
    private final class Followers {
        var members: [Member] = []
        var positions: [ObjectIdentifier: Int] = [:]
        /// During a pass, the indices of the events that match.
        var matches: [Int] = []
    }

    init(_ directory: RoomDirectory) {
        self.directory = directory
        occupation = Array(repeating: 0, count: directory.named.count)
    }

    // MARK: Membership

    /// Adds a new member, which is in no room.
    mutating func add(_ member: Member, isAdmin: Bool = true) {
        member.membership = Membership(keepsBroadcast: directory.keepsBroadcast)
        member.membership.followedView = isAdmin ? directory.followedByAdmin : directory.followed
        enlist(member)
    }

    /// Removes the member from all rooms and from the table.
    mutating func remove(_ member: Member) {
        change(member) { membership in
            membership.rooms = []
            membership.tracked = []
        }
        delist(member)
    }

    /// Adds the member to a room. Returns whether the member was not in it before.
    @discardableResult
    mutating func join(_ member: Member, _ room: Room) -> Bool {
        guard !member.membership.rooms.contains(room) else { return false }
        change(member) { $0.rooms.append(room) }
        return true
    }

    /// Removes the member from a room. Returns whether the member was in it.
    @discardableResult
    mutating func leave(_ member: Member, _ room: Room) -> Bool {
        guard member.membership.rooms.contains(room) else { return false }
        change(member) { membership in membership.rooms.removeAll { $0 == room } }
        return true
    }

    /// Changes which items the member tracks.
    mutating func track(_ member: Member, adding new: Set<FollowedRoom>, removing old: Set<FollowedRoom> = []) {
        // Asking for the same items again changes nothing.
        let tracked = member.membership.tracked
        if tracked.isDisjoint(with: old), new.isSubset(of: tracked) { return }
        change(member) { membership in
            membership.tracked.subtract(old)
            membership.tracked.formUnion(new)
        }
    }

    /// Sets whether the member sees followed rooms with the rights of the role `admin`.
    mutating func setAdmin(_ isAdmin: Bool, _ member: Member) {
        let view = isAdmin ? directory.followedByAdmin : directory.followed
        change(member) { $0.followedView = view }
    }

    /// Goes on with other rooms. Members stay in theirs. Returns all members.
    mutating func change(to directory: RoomDirectory, isAdmin: (Member) -> Bool) -> [Member] {
        var members: [ObjectIdentifier: Member] = [:]
        for member in lists.values.joined() + mixed + followers.values.flatMap(\.members) {
            members[ObjectIdentifier(member)] = member
        }
        for member in members.values { delist(member) }
        self.directory = directory
        occupation += Array(repeating: 0, count: directory.named.count - occupation.count)
        for member in members.values {
            member.membership.followedView = isAdmin(member) ? directory.followedByAdmin : directory.followed
            enlist(member)
        }
        return Array(members.values)
    }

    private mutating func change(_ member: Member, _ body: (inout Membership) -> Void) {
        delist(member)
        let before = Self.followed(by: member.membership)
        count(member, -1)
        body(&member.membership)
        count(member, 1)
        let after = Self.followed(by: member.membership)
        for room in before.subtracting(after) { unfollow(room, member) }
        for room in after.subtracting(before) { follow(room, member) }
        enlist(member)
    }

    private mutating func count(_ member: Member, _ change: Int) {
        for case .named(let place) in member.membership.rooms { occupation[place] += change }
    }

    private static func followed(by membership: Membership) -> Set<FollowedRoom> {
        var followed = membership.tracked
        for case .followed(let room) in membership.rooms { followed.insert(room) }
        return followed
    }

    private mutating func enlist(_ member: Member) {
        let membership = member.membership
        var view: View = membership.getsBroadcast ? directory.broadcast : .nothing
        for case .named(let place) in membership.rooms { view.merge(directory.named[place]) }
        member.membership.view = view
        let list: Membership.List = !membership.isFollowing ? .view(view) : view.isNothing ? .following : .mixed
        member.membership.place.list = list
        switch list {
        case .view(let view):
            member.membership.place.position = lists[view, default: []].count
            lists[view, default: []].append(member)
        case .mixed:
            member.membership.place.position = mixed.count
            mixed.append(member)
        case .following: followingCount += 1
        case .none: break
        }
    }

    private mutating func delist(_ member: Member) {
        let place = member.membership.place
        member.membership.place.list = .none
        switch place.list {
        case .view(let view):
            Self.remove(member, at: place.position, from: &lists[view, default: []])
            if lists[view]?.isEmpty == true { lists[view] = nil }
        case .mixed: Self.remove(member, at: place.position, from: &mixed)
        case .following: followingCount -= 1
        case .none: break
        }
    }

    private static func remove(_ member: Member, at position: Int, from list: inout [Member]) {
        let last = list.removeLast()
        guard last !== member else { return }
        list[position] = last
        last.membership.place.position = position
    }

    private mutating func follow(_ room: FollowedRoom, _ member: Member) {
        let entry = followers[room] ?? Followers()
        entry.positions[ObjectIdentifier(member)] = entry.members.count
        entry.members.append(member)
        followers[room] = entry
        if case .location = room { locationsFollowed += 1 }
    }

    private mutating func unfollow(_ room: FollowedRoom, _ member: Member) {
        guard let entry = followers[room], let position = entry.positions.removeValue(forKey: ObjectIdentifier(member)) else {
            return
        }
        let last = entry.members.removeLast()
        if last !== member {
            entry.members[position] = last
            entry.positions[ObjectIdentifier(last)] = position
        }
        if entry.members.isEmpty { followers[room] = nil }
        if case .location = room { locationsFollowed -= 1 }
    }

    // MARK: Parcel

    /// What was sent of a pass.
    struct Tally: Equatable {
        /// Events sent, counted once for each member that got them.
        var events = 0
        /// Members that got at least one event.
        var sends = 0
        var bytes = 0
    }

    /// Gives each member its events of the pass: every event at most once, in order.
    ///
    /// The method is not `mutating`: a member may leave during a send, and has to find the table accessible.
    func deliver(_ pass: Pass) -> Tally {
        var tally = Tally()
        for (view, members) in lists where !view.isNothing {
            guard let parcel = pass.parcel(for: view) else { continue }
            for member in members { give(parcel, to: member, &tally) }
        }
        if !mixed.isEmpty || !followers.isEmpty { deliverToFollowers(pass, &tally) }
        return tally
    }

    private func deliverToFollowers(_ pass: Pass, _ tally: inout Tally) {
        var merging: [Member] = []
        for room in match(pass) {
            // Members that follow only this room and have no view share their bytes. There are two kinds of them, by role.
            var shared: [View: Parcel?] = [:]
            for member in room.members {
                if case .following = member.membership.place.list,
                    member.membership.rooms.count + member.membership.tracked.count == 1
                {
                    let view = member.membership.followedView
                    let parcel = shared[view] ?? Parcel(pass, pass.picks(for: view, at: room.matches))
                    shared[view] = .some(parcel)
                    if let parcel { give(parcel, to: member, &tally) }
                } else {
                    if member.membership.place.matches.isEmpty { merging.append(member) }
                    member.membership.place.matches.append(contentsOf: room.matches)
                }
            }
            room.matches.removeAll(keepingCapacity: true)
        }
        for member in mixed where member.membership.place.matches.isEmpty { merging.append(member) }
        for member in merging {
            let matches = Set(member.membership.place.matches)
            member.membership.place.matches = []
            let picks = member.membership.picks(of: pass) { matches.contains($0) }
            if let parcel = Parcel(pass, picks) { give(parcel, to: member, &tally) }
        }
    }

    /// The followed rooms for which the pass has events, with the events' indices in their `matches`.
    private func match(_ pass: Pass) -> [Followers] {
        var rooms: [Followers] = []
        func match(_ room: FollowedRoom, _ index: Int) {
            guard let entry = followers[room] else { return }
            if entry.matches.isEmpty { rooms.append(entry) }
            entry.matches.append(index)
        }
        for (index, record) in pass.records.enumerated() where directory.followedByAdmin.form(of: record.type) != nil {
            if let id = record.product { match(.product(id), index) }
            if let id = record.variant { match(.variant(id), index) }
            if locationsFollowed > 0, let code = record.location { match(.location(code), index) }
            if let id = record.reservation { match(.reservation(id), index) }
        }
        return rooms
    }

    @inline(__always)
    private func give(_ parcel: Parcel, to member: Member, _ tally: inout Tally) {
        guard member.take(parcel) else { return }
        tally.events += parcel.events
        tally.sends += 1
        tally.bytes += parcel.bytes
    }

    /// The number of members, for tests and limits.
    var count: Int { lists.values.reduce(0) { $0 + $1.count } + mixed.count + followingCount }
    /// The rooms with a name that have members.
    var occupiedRooms: [Int] { occupation.indices.filter { occupation[$0] > 0 } }

    /// How many products, variants, locations and reservations are followed.
    var followedRooms: Int { followers.count }
}

extension Membership {
    /// Which events of a pass the member gets. `matches` says whether an event belongs to something that the member follows.
    func picks(of pass: Pass, where matches: (Int) -> Bool) -> [Pick] {
        pass.records.indices.compactMap { index in
            let type = pass.records[index].type
            let form = [view.form(of: type), matches(index) ? followedView.form(of: type) : nil].compactMap(\.self).min()
            guard let form, pass.form(form).isSeen(index) else { return nil }
            return Pick(record: index, form: form)
        }
    }
}
