import TallywireCore

/// The rooms of one sink by name, with what they carry and who may join.
package struct RoomDirectory: Sendable {
    /// The audiences of all rooms, each once. Audiences that see more come first. A form's number is its audience's index here.
    let audiences: [Audience]
    /// What the rooms with a name carry, by their index in the configuration.
    let named: [View]
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

    package init(_ configuration: RoomSettings, keepsBroadcast: Bool = false) {
        self.keepsBroadcast = keepsBroadcast
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
        configurations = configuration.rooms
        named = configuration.rooms.map { view($0.events, $0.audience) }
        broadcast = view(configuration.broadcast, configuration.broadcastAudience)
        // No other followed room has this type: an event of it is about no item and no location.
        let ofReservations = view([.reservationChanged], .everybody)
        followed = broadcast.merging(ofReservations)
        followedByAdmin = view(configuration.broadcast + [.stockAlert, .countChanged], .everybody).merging(ofReservations)
        names = configuration.rooms.map { RoomName.normal($0.name) ?? $0.name }
        places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The room of this name, or `nil` if there is none.
    package func room(named name: String) -> Room? {
        guard let name = RoomName.normal(name) else { return nil }
        if let place = places[name] { return .named(place) }
        return FollowedRoom(name).map { .followed($0) }
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
