import TallywireCore

/// A set of event types, small enough to be an index: what a connection gets from the rooms with a name is one of 16 sets,
/// and all connections with the same set share the same bytes.
struct EventTypes: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    /// How many sets there are.
    static let count = 1 << EventType.allCases.count

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ type: EventType) {
        switch type {
        case .inventoryUpdated: rawValue = 1
        case .stockAlert: rawValue = 2
        case .productStatusChanged: rawValue = 4
        case .catalogueChanged: rawValue = 8
        }
    }

    init(_ types: some Sequence<EventType>) {
        self = types.reduce(into: []) { $0.formUnion(EventTypes($1)) }
    }
}
