import TallywireCore

extension EventSchema {
    /// `data` as a room shows it: any part of it but what tells which value it is and whether it is newer, stock maybe in bands.
    package var shownData: JSONValue {
        let identity: Set<String> = ["productId", "variantId", "version"]
        let hasStock = members.contains { $0.name == "stock" }
        let bands: JSONValue = [
            "oneOf": [JSONSchema.count, JSONSchema.words(["out", "few", "in stock"])],
            "description": "Units, or a band in rooms that show bands.",
        ]
        let shown = members.map { ($0.name, $0.name == "stock" ? bands : $0.kind.tree) }
        let edges: [(String, JSONValue)] = hasStock ? [("stockAtMost", JSONSchema.count), ("stockMoreThan", JSONSchema.count)] : []
        let required = Set(members.map(\.name)).intersection(identity).subtracting(optional)
        return JSONSchema.object(shown + edges, optional: Set((shown + edges).map(\.0)).subtracting(required))
    }

    /// How many changes are merged into one for a client that reads slowly.
    package static let conflated: JSONValue = [
        "type": "integer", "minimum": 1, "description": "How many earlier changes are merged into it.",
    ]
}
