/// A connection that can be in rooms and takes events.
protocol RoomMember: AnyObject {
    /// Kept for the table. Only the table changes it.
    var membership: Membership { get set }

    /// Takes events. Returns whether they were sent on. The member may leave the table during the call.
    func take(_ parcel: Parcel) -> Bool
}

/// The rooms and tracked items of one member. Only its ``RoomTable`` changes them.
struct Membership {
    /// What the member gets from rooms with a name, or from being in no room.
    var view = View.nothing
    /// What the member gets of the rooms and items that it follows.
    var followedView = View.nothing
    /// The member's rooms, in the order in which they were joined.
    var rooms: [Room] = []
    /// The items that the member tracks.
    var tracked: Set<FollowedRoom> = []
    var place = Place()

    /// The member's place in the table and, during a pass, which events match what it follows.
    struct Place {
        var list = List.none
        var position = 0
        var matches: [Int] = []
    }

    enum List: Equatable {
        case none
        /// The member follows nothing.
        case view(View)
        /// The member follows something and also has a view.
        case mixed
        /// The member follows something and has no view.
        case following
    }

    var isFollowing: Bool { !tracked.isEmpty || rooms.contains { if case .followed = $0 { true } else { false } } }

    /// Whether the member is in no room and tracks nothing, so that it gets the broadcast.
    var isIdle: Bool { rooms.isEmpty && tracked.isEmpty }

    /// Whether the member gets the events of a followed room.
    func follows(_ room: FollowedRoom) -> Bool { tracked.contains(room) || rooms.contains(.followed(room)) }
}
