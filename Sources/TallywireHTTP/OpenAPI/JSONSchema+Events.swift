import TallywireCore

extension JSONSchema {
    /// The events, the same as on every sink.
    static let ofEvents: [(String, JSONValue)] =
        [
            ("EventType", words(EventType.allCases.map(\.rawValue))),
            ("Event", ["oneOf": .array(Event.schemas.map { reference($0.name) })]),
            (
                "EventPage",
                page(of: "Event", [("last", count + ["description": "How far the answer looked: the next `after`."])])
            ),
        ] + Event.schemas.map { ($0.name, $0.tree) }
}
