/// The thresholds of single locations.
extension InventoryState {
    /// Those of `wanted` that change a threshold of `variant`; `nil` if none does.
    func changes(_ wanted: [ThresholdChange], of variant: Variant) throws(Rejection) -> [ThresholdChange]? {
        try require(locationsOf: wanted, path: "")
        let changes = wanted.filter { $0.rule != variant.threshold(at: $0.location)?.rule }
        guard variant.changing(changes).thresholds.count <= Limits.thresholdsPerVariant else {
            throw Rejection(
                .outOfRange, "a variant has at most \(Limits.thresholdsPerVariant) thresholds of locations", field: "thresholds")
        }
        return changes.isEmpty ? nil : changes
    }

    /// Refuses a threshold of a location that there is not.
    func require(locationsOf thresholds: [ThresholdChange], path: String) throws(Rejection) {
        for threshold in thresholds { try require(threshold.location, field: path + threshold.field) }
    }
}

extension Variant {
    fileprivate func changing(_ changes: [ThresholdChange]) -> Variant {
        var changed = self
        for change in changes { changed.set(change) }
        return changed
    }
}

extension Plan {
    /// Changes thresholds of `variant`, and nothing else of it.
    mutating func change(_ thresholds: [ThresholdChange], of variant: Variant) {
        var values = CatalogueChanged.Values()
        values.thresholds = thresholds
        change(
            .updated, .variant(variant.id, isDefault: variant.isDefault, sku: variant.sku, product: variant.productID), values)
        judge(thresholds, of: variant)
    }

    /// Adds the alerts of changed thresholds. `variant` has the thresholds before the change. Where one with an open alert is taken
    /// away, the alert ends.
    mutating func judge(_ changes: [ThresholdChange], of variant: Variant) {
        let changed = variant.changing(changes)
        for change in changes {
            if let threshold = changed.threshold(at: change.location) {
                let judged = threshold.judged(at: variant.balance(at: change.location).available)
                guard threshold.raisesAlert(at: judged.level) else { continue }
                bodies.append(.stockAlert(StockAlert(variant, at: threshold, level: judged.level)))
            } else if let ended = variant.threshold(at: change.location), ended.alert != nil {
                bodies.append(.stockAlert(StockAlert(variant, at: ended, level: .ok, isTakenAway: true)))
            }
        }
    }
}
