import TallywireCore

/// A level of a variant that is not `ok`, of the total or at one location, with its alert.
public struct AlertRecord: Equatable, Sendable {
    public let variant: VariantRecord
    /// The threshold at the location; `nil` for the total.
    public let threshold: LocationThreshold?

    public init(_ variant: VariantRecord, at threshold: LocationThreshold? = nil) {
        self.variant = variant
        self.threshold = threshold
    }

    public var level: StockLevel { threshold?.level ?? variant.variant.level }
    public var rule: AlertRule { threshold?.rule ?? variant.variant.alerts }
    /// The open alert; `nil` for what has been `out` since its creation.
    public var alert: OpenAlert? { threshold.map(\.alert) ?? variant.variant.alert }

    /// The place of the alert among all: by variant, the total first, then by code of the location.
    public var position: StockQuery.Position {
        StockQuery.Position(variant: variant.variant.id, location: threshold?.location ?? "")
    }
}

/// Which alerts to read.
public struct AlertQuery: Equatable, Sendable {
    /// Only alerts at this location, without those of totals.
    public var location: String?
    /// The ``AlertRecord/position`` after which the page begins.
    public var after: StockQuery.Position?
    public var limit: Int

    public init(location: String? = nil, after: StockQuery.Position? = nil, limit: Int) {
        self.location = location
        self.after = after
        self.limit = limit
    }
}
