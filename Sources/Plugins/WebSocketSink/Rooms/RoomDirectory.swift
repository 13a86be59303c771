import TallywireCore
import TallywirePipeline

/// The rooms of one sink by their names, what they carry, and for whom.
struct RoomDirectory: Sendable {
    /// The audiences of all rooms, each once, those that see more before those that see less. A form has its audience's number here.
    let audiences: [Audience]
    /// What the rooms with a name carry, by their place in the configuration.
    let named: [View]
    let configurations: [WebSocketConfiguration.Room]
    /// What a connection in no room gets.
    let broadcast: View
    /// What rooms such as `product:1`, and what is tracked, carry: for everybody, and for the role `admin`.
    let followed: View
    let followedByAdmin: View
    private let names: [String]
    private let places: [String: Int]

    init(_ configuration: WebSocketConfiguration) {
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
        followed = broadcast
        followedByAdmin = view(configuration.broadcast + [.stockAlert], .everybody)
        names = configuration.rooms.map { RoomName.normal($0.name) ?? $0.name }
        places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The room of this name, or `nil` if there is none.
    func room(named name: String) -> Room? {
        guard let name = RoomName.normal(name) else { return nil }
        if let place = places[name] { return .named(place) }
        return FollowedRoom(name).map { .followed($0) }
    }

    /// The role that a room asks for; `nil` is for everybody.
    func role(of room: Room) -> Role? {
        switch room {
        case .named(let place): configurations[place].role
        case .followed: nil
        }
    }

    /// The name of a room in its one form, whatever form it was asked for in.
    func name(of room: Room) -> String {
        switch room {
        case .named(let place): names[place]
        case .followed(let room): room.name
        }
    }

    /// How a room treats those who were away.
    func rules(of room: Room?) -> WebSocketConfiguration.Rules {
        if case .named(let place) = room { return configurations[place].rules }
        return WebSocketConfiguration.Rules()
    }

    /// The form in which values are shown to those in no room.
    var broadcastForm: Int { broadcast.form(of: .inventoryUpdated) ?? audiences.count - 1 }

    /// The form in which a room's values are shown.
    func form(of room: Room, followed view: View) -> Int {
        switch room {
        case .named(let place):
            named[place].form(of: .inventoryUpdated) ?? audiences.firstIndex(of: configurations[place].audience) ?? 0
        case .followed: view.form(of: .inventoryUpdated) ?? 0
        }
    }
}
