/// A connection that can be in rooms and takes events.
package protocol RoomMember: AnyObject {
    /// Kept for the table. Only the table changes it.
    var membership: Membership { get set }

    /// Takes events. Returns whether they were sent on. The member may leave the table during the call.
    func take(_ parcel: Parcel) -> Bool
}

/// The rooms and tracked items of one member. Only its ``RoomTable`` changes them.
package struct Membership {
    /// What the member gets from rooms with a name, or from being in no room.
    var view = View.nothing
    /// What the member gets of the rooms and items that it follows.
    var followedView = View.nothing
    /// The member's rooms, in the order in which they were joined.
    package internal(set) var rooms: [Room] = []
    /// The items that the member tracks.
    package internal(set) var tracked: Set<FollowedRoom> = []
    /// Whether the member gets the broadcast also while it is in rooms.
    let keepsBroadcast: Bool
    var place = Place()

    init(keepsBroadcast: Bool = false) { self.keepsBroadcast = keepsBroadcast }

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

    /// Whether the member gets the broadcast only because it is in no room and tracks nothing.
    var isIdle: Bool { !keepsBroadcast && rooms.isEmpty && tracked.isEmpty }

    var getsBroadcast: Bool { keepsBroadcast || isIdle }

    /// Whether the member gets the events of a followed room.
    func follows(_ room: FollowedRoom) -> Bool { tracked.contains(room) || rooms.contains(.followed(room)) }
}
