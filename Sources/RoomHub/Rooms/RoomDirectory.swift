import TallywireCore

/// The rooms of one sink by name, with what they carry and who may join.
package struct RoomDirectory: Sendable {
    /// The audiences of all rooms, each once. Audiences that see more come first. A form's number is its audience's index here.
    let audiences: [Audience]
    /// What the rooms with a name carry, by their index in the configuration.
    let named: [View]
    /// The rooms with a name, also those that are gone.
    let configurations: [RoomSettings.Room]
    /// What a connection in no room gets.
    let broadcast: View
    /// What tracked items and rooms such as `product:1` carry: for every role, and for the role `admin`.
    let followed: View
    let followedByAdmin: View
    /// Whether a client keeps the broadcast while it is in rooms.
    let keepsBroadcast: Bool
    private let names: [String]
    private let places: [String: Int]

    /// - Parameter old: the directory before a reload. A room keeps its index, also a room that is gone, so that clients' rooms stay what
    ///   they are.
    package init(_ configuration: RoomSettings, keepsBroadcast: Bool = false, after old: RoomDirectory? = nil) {
        self.keepsBroadcast = keepsBroadcast
        var (configurations, names) = (old?.configurations ?? [], old?.names ?? [])
        var places: [String: Int] = [:]
        for room in configuration.rooms {
            let name = RoomName.normal(room.name) ?? room.name
            if places[name] != nil { continue }
            let place = names.firstIndex(of: name) ?? names.count
            if place == names.count {
                names.append(name)
                configurations.append(room)
            }
            configurations[place] = room
            places[name] = place
        }
        var audiences: [Audience] = [.everybody]
        for audience in configuration.rooms.map(\.audience) + [configuration.broadcastAudience] where !audiences.contains(audience)
        {
            audiences.append(audience)
        }
        let sorted = audiences.enumerated().sorted { a, b in
            Audience.seesMore(a.element, b.element) || (!Audience.seesMore(b.element, a.element) && a.offset < b.offset)
        }.map(\.element)
        func view(_ types: [EventType], _ audience: Audience) -> View {
            View(types, form: sorted.firstIndex(of: audience) ?? 0)
        }
        self.audiences = sorted
        self.configurations = configurations
        named = zip(names, configurations).map { places[$0] == nil ? .nothing : view($1.events, $1.audience) }
        broadcast = view(configuration.broadcast, configuration.broadcastAudience)
        // No other followed room has this type: an event of it is about no item and no location.
        let ofReservations = view([.reservationChanged], .everybody)
        followed = broadcast.merging(ofReservations)
        followedByAdmin = view(configuration.broadcast + [.stockAlert, .countChanged], .everybody).merging(ofReservations)
        self.names = names
        self.places = places
    }

    /// The room of this name, or `nil` if there is none.
    package func room(named name: String) -> Room? {
        guard let name = RoomName.normal(name) else { return nil }
        if let place = places[name] { return .named(place) }
        return FollowedRoom(name).map { .followed($0) }
    }

    /// Whether a room with a name was there before a reload, and is gone.
    func isGone(_ room: Room) -> Bool {
        guard case .named(let place) = room else { return false }
        return places[names[place]] == nil
    }

    /// The role that a room needs; `nil` if every client may join.
    package func role(of room: Room) -> Role? {
        switch room {
        case .named(let place): configurations[place].role
        case .followed: nil
        }
    }

    /// The name of a room in its one form, whichever form the client used.
    package func name(of room: Room) -> String {
        switch room {
        case .named(let place): names[place]
        case .followed(let room): room.name
        }
    }

    /// How a room treats clients that were away.
    func rules(of room: Room?) -> RoomSettings.Rules {
        if case .named(let place) = room { return configurations[place].rules }
        return RoomSettings.Rules()
    }

    /// The form in which connections in no room get values.
    var broadcastForm: Int { broadcast.form(of: .inventoryUpdated) ?? audiences.count - 1 }

    /// The form in which a room's members get values.
    func form(of room: Room, followed view: View) -> Int {
        switch room {
        case .named(let place):
            named[place].form(of: .inventoryUpdated) ?? audiences.firstIndex(of: configurations[place].audience) ?? 0
        case .followed: view.form(of: .inventoryUpdated) ?? 0
        }
    }
}
