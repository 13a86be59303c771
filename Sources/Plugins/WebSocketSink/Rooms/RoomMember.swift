/// Somebody who can be in rooms and takes events.
protocol RoomMember: AnyObject {
    /// Kept for the table, which alone changes it.
    var membership: Membership { get set }

    /// Takes events; says whether it sent them on. The member may leave the table while it does.
    func take(_ parcel: Parcel) -> Bool
}

/// What one member is in. Only its ``RoomTable`` changes it.
struct Membership {
    /// What it gets from rooms with a name, or from being in no room.
    var view = View.nothing
    /// What it gets of what it follows.
    var followedView = View.nothing
    /// Its rooms in the order in which they were joined.
    var rooms: [Room] = []
    /// What it tracks.
    var tracked: Set<FollowedRoom> = []
    var place = Place()

    /// Where it stands in the table, and while a pass goes on, what that brings it.
    struct Place {
        var list = List.none
        var position = 0
        var matches: [Int] = []
    }

    enum List: Equatable {
        case none
        /// It follows nothing.
        case view(View)
        /// It follows something and has a view beside.
        case mixed
        /// It only follows.
        case following
    }

    var isFollowing: Bool { !tracked.isEmpty || rooms.contains { if case .followed = $0 { true } else { false } } }

    /// Whether it is in no room and tracks nothing, so that it gets what is for everybody.
    var isIdle: Bool { rooms.isEmpty && tracked.isEmpty }

    /// Whether it gets what belongs to a followed room.
    func follows(_ room: FollowedRoom) -> Bool { tracked.contains(room) || rooms.contains(.followed(room)) }
}
