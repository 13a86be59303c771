import TallywireCore

/// The members that an event's `data`, or an item of a snapshot, may have: what a room's `fields` can name.
enum EventFields {
    static let names: [String] = {
        // An item's name is `name`, and an event's `variantName`.
        let all = Event.schemas.flatMap { $0.members.map(\.name) } + ["name"]
        var seen: Set<String> = []
        return all.filter { seen.insert($0).inserted }
    }()
}
