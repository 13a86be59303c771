/// A variant's alert rule at one location, with the level of the units that are available there.
public struct LocationThreshold: Equatable, Sendable {
    public let location: String
    /// When the variant's units at the location count as low.
    public var rule: AlertRule
    /// The level at the location. Until the variant's first stock there it is `out` without an alert.
    public var level: StockLevel
    /// The alert that is not over; `nil` if there is none.
    public var alert: OpenAlert?

    public init(location: String, rule: AlertRule, level: StockLevel, alert: OpenAlert? = nil) {
        self.location = location
        self.rule = rule
        self.level = level
        self.alert = alert
    }

    /// Whether a change to `level` raises an alert. The first stock that ends `ok` raises none.
    func raisesAlert(at level: StockLevel) -> Bool {
        level != self.level && (alert != nil || level != .ok)
    }

    /// The threshold with the level of `units` available units.
    func judged(at units: Int64) -> LocationThreshold {
        var judged = self
        judged.level = rule.level(of: units, previous: level)
        return judged
    }
}

/// What becomes of a variant's threshold at one location.
public struct ThresholdChange: Equatable, Sendable, Codable {
    public var location: String
    /// The rule from now on; `nil` takes the threshold away.
    public var rule: AlertRule?

    public init(location: String, rule: AlertRule?) {
        self.location = location
        self.rule = rule
    }

    /// The name of the change in a body, for a refusal.
    var field: String { "thresholds.\(location.excerpt)" }
}

extension Variant {
    /// The rules of ``thresholds``, as the changes that give them to a variant without any.
    public var thresholdRules: [ThresholdChange] { thresholds.map { ThresholdChange(location: $0.location, rule: $0.rule) } }

    /// The threshold at `location`; `nil` if the variant has none there.
    public func threshold(at location: String) -> LocationThreshold? { thresholds.first { $0.location == location } }

    /// Sets, changes or takes away a threshold. The level at a new one is `ok` until it is judged, and `out` where the variant never
    /// was.
    mutating func set(_ change: ThresholdChange) {
        let index = thresholds.firstIndex { $0.location >= change.location } ?? thresholds.endIndex
        let isKnown = index < thresholds.endIndex && thresholds[index].location == change.location
        switch change.rule {
        case let rule? where isKnown: thresholds[index].rule = rule
        case let rule?:
            let wasThere = balances.contains { $0.location == change.location }
            thresholds.insert(
                LocationThreshold(location: change.location, rule: rule, level: wasThere ? .ok : .out), at: index)
        case nil: if isKnown { thresholds.remove(at: index) }
        }
    }

    /// Changes the threshold at `location`, if there is one.
    mutating func changeThreshold(at location: String, _ body: (inout LocationThreshold) -> Void) {
        if let index = thresholds.firstIndex(where: { $0.location == location }) { body(&thresholds[index]) }
    }

    /// The open alert that is the event `seq`, with its level, and with its location if the alert is of a location.
    func openAlert(_ seq: UInt64) -> (alert: OpenAlert, level: StockLevel, location: String?)? {
        if let alert, alert.seq == seq { return (alert, level, nil) }
        for threshold in thresholds {
            if let alert = threshold.alert, alert.seq == seq { return (alert, threshold.level, threshold.location) }
        }
        return nil
    }
}

extension AlertRule: Codable {
    private enum Key: String, CodingKey { case low, rearm }

    /// Reads the rule of a location: `{"low":3,"rearm":1}`. Without `rearm` it is 0.
    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        self.init(
            threshold: try data.decode(Int64.self, forKey: .low), rearm: try data.decodeIfPresent(Int64.self, forKey: .rearm) ?? 0)
    }

    public func encode(to encoder: any Encoder) throws {
        var data = encoder.container(keyedBy: Key.self)
        try data.encode(threshold, forKey: .low)
        try data.encode(rearm, forKey: .rearm)
    }
}

extension [ThresholdChange] {
    /// The changes of an object such as `{"STORE-7":{"low":3,"rearm":1},"WH1":null}`, in order of location.
    public init(_ rules: [String: AlertRule?]) {
        self = rules.map { ThresholdChange(location: $0.key, rule: $0.value) }.sorted { $0.location < $1.location }
    }

    /// Writes the member `thresholds`, an object by location. `null` takes a threshold away.
    public func writeMember(to json: inout JSONWriter) {
        json.object("thresholds") { json in
            for change in self {
                json.dynamicKey(change.location)
                guard let rule = change.rule else {
                    json.null()
                    continue
                }
                json.object { json in
                    json.member("low", rule.threshold)
                    json.member("rearm", rule.rearm)
                }
            }
        }
    }
}
