/// How a variant's stock compares with its threshold.
public enum StockLevel: String, Sendable, CaseIterable, Codable {
    /// Above the threshold.
    case ok
    /// At or under the threshold.
    case low
    /// None left.
    case out
}

/// When a variant's stock counts as low, and when it counts as recovered: a state machine with two edges.
///
/// The two edges differ by ``rearm``, so that stock that hovers at the threshold does not raise an alert with every scan.
public struct AlertRule: Equatable, Sendable {
    /// At or under this many units the stock is `low`. Default 10.
    public var threshold: Int64
    /// After `low` or `out` the level is `ok` again only above `threshold + rearm`. Default 0.
    public var rearm: Int64

    public init(threshold: Int64 = 10, rearm: Int64 = 0) {
        self.threshold = threshold
        self.rearm = rearm
    }

    /// The level of `stock` units for a variant whose level was `previous`.
    public func level(of stock: Int64, previous: StockLevel) -> StockLevel {
        if stock <= 0 { return .out }
        if stock <= threshold { return .low }
        if previous == .ok { return .ok }
        return stock > threshold + rearm ? .ok : .low
    }
}
