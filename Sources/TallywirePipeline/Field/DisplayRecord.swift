import TallywireCore

/// What a shelf display has to show, and what it said that it shows.
public struct DisplayRecord: Equatable, Sendable {
    /// The sink that publishes to it.
    public let sink: String
    public let location: String
    public let sku: String
    /// The version that it has to show.
    public var wantedVersion: Int64
    /// When that was published.
    public var wantedSince: Timestamp
    /// The last version that it confirmed, and when.
    public var shownVersion: Int64?
    public var shownAt: Timestamp?
    /// Whether it was reported that it does not confirm.
    public var isStale = false

    public init(sink: String, location: String, sku: String, wantedVersion: Int64, wantedSince: Timestamp) {
        self.sink = sink
        self.location = location
        self.sku = sku
        self.wantedVersion = wantedVersion
        self.wantedSince = wantedSince
    }
}
