/// A shelf display has for too long not confirmed the version that it has to show, or has confirmed it at last.
public struct DisplayChanged: Equatable, Sendable, Codable {
    public let sku: String
    public let location: String
    /// The sink that publishes to the display.
    public let sink: String
    public let isStale: Bool
    /// The version that the display has to show, and the last one that it confirmed; `nil` if it confirmed none.
    public let wantedVersion: Int64
    public let shownVersion: Int64?

    public init(sku: String, location: String, sink: String, isStale: Bool, wantedVersion: Int64, shownVersion: Int64?) {
        self.sku = sku
        self.location = location
        self.sink = sink
        self.isStale = isStale
        self.wantedVersion = wantedVersion
        self.shownVersion = shownVersion
    }
}

extension DisplayChanged: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "DisplayChanged", [.displayStale, .displayCurrent], "A shelf display does not confirm what it has to show, or does again.",
        [
            Member("sku", .sku), Member("location", .location), Member("sink", .string),
            Member("status", .words(["stale", "current"])), Member("wantedVersion", .count),
            Member("shownVersion", .optionalCount), Member("message", .string),
        ])

    public static var example: DisplayChanged {
        DisplayChanged(
            sku: "TEE-RED-M", location: "WH1", sink: "shelf-displays", isStale: true, wantedVersion: 57, shownVersion: 56)
    }

    public var type: EventType { isStale ? .displayStale : .displayCurrent }

    public var eventSubject: Event.Subject {
        Event.Subject(sku: sku, location: location)
    }

    public var wording: [Event.Words] {
        [
            .text("display of \(sku) at \(location) is "), isStale ? .marked("stale", .low) : .marked("current", .ok),
        ]
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("sku", sku)
        json.member("location", location)
        json.member("sink", sink)
        json.member("status", isStale ? "stale" : "current")
        json.member("wantedVersion", wantedVersion)
        json.key("shownVersion")
        if let shownVersion { json.integer(shownVersion) } else { json.null() }
        json.key("message")
        json.string(
            isStale
                ? "The display of \(sku) at \(location) has not confirmed version \(wantedVersion)"
                : "The display of \(sku) at \(location) shows version \(wantedVersion)")
    }

    public init(_ data: EventData) throws {
        let status: String = try data("status")
        self.init(
            sku: try data("sku"), location: try data("location"), sink: try data("sink"), isStale: status == "stale",
            wantedVersion: try data("wantedVersion"), shownVersion: try data.optional("shownVersion"))
    }
}
