extension InventoryState {
    /// The first acknowledgement of an alert counts. A further one changes nothing.
    func plan(acknowledging reply: AlertReply) throws(Rejection) -> Plan {
        guard let variant = variants[reply.variant], let (alert, level, location) = variant.openAlert(reply.alertSeq) else {
            throw Rejection(
                .unknownAlert,
                "there is no open alert \(reply.alertSeq): it never was, or the stock has moved on since, see GET /api/alerts")
        }
        guard alert.acknowledgement == nil else { return Plan(variant: variant.id) }
        let acknowledged = AlertAcknowledged(
            productID: variant.productID, variantID: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
            location: location, level: level, alertSeq: alert.seq, by: reply.by, note: reply.note)
        return Plan(bodies: [.alertAcknowledged(acknowledged)], variant: variant.id)
    }

    /// Opens the alert of `event`, or ends the open alert. The last alert at a location whose threshold was taken away changes
    /// nothing: the open one went with the threshold.
    mutating func fold(_ alert: StockAlert, of id: VariantID, in event: Event) {
        let open = alert.level == .ok ? nil : OpenAlert(seq: event.seq, since: event.timestamp)
        changeVariant(id) { variant in
            switch alert.scope {
            case .total:
                variant.level = alert.level
                variant.alert = open
            case .location(let code, _):
                variant.changeThreshold(at: code) {
                    $0.level = alert.level
                    $0.alert = open
                }
            }
        }
    }

    mutating func fold(_ acknowledged: AlertAcknowledged, of id: VariantID, in event: Event) {
        // The alert may be older than the first alert that this journal keeps.
        guard let (alert, _, location) = variants[id]?.openAlert(acknowledged.alertSeq) else { return }
        let acknowledgement = OpenAlert.Acknowledgement(by: acknowledged.by, at: event.timestamp, note: acknowledged.note)
        let seen = OpenAlert(seq: alert.seq, since: alert.since, acknowledgement: acknowledgement)
        changeVariant(id) { variant in
            guard let location else { return variant.alert = seen }
            variant.changeThreshold(at: location) { $0.alert = seen }
        }
    }
}

extension Variant {
    /// Whether a change to `level` raises an alert. A variant that never had stock is `out` without an alert, and becomes `ok`
    /// without one.
    func raisesAlert(at level: StockLevel) -> Bool {
        level != self.level && (wasStocked || alert != nil || level != .ok)
    }
}

extension StockAlert {
    /// The alert for `variant`, which has `stock` units and changes to `level`. `discrepancy` is a balance with less than 0 on hand.
    init(_ variant: Variant, stock: Int64, level: StockLevel, discrepancy: Balance? = nil) {
        let who = "\(variant.name) (\(variant.sku))"
        let message =
            switch (discrepancy, level) {
            case (let balance?, _):
                "Count needed: \(who) has \(balance.onHand) on hand at \(balance.location): more has left than was known to be there"
            case (nil, .ok): "Back in stock: \(who) has \(stock)"
            case (nil, .low): "Low stock: \(who) has \(stock) left"
            case (nil, .out): "Out of stock: \(who)"
            }
        self.init(
            productID: variant.productID, variantID: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
            level: level,
            previousLevel: variant.level, stock: stock, threshold: variant.alerts.threshold, message: message,
            discrepancy: discrepancy.map { StockAlert.Discrepancy(location: $0.location, units: $0.onHand) })
    }

    /// The alert for `variant`, whose level at a location changes from that of `threshold` to `level`. The variant has its units
    /// after the change. `isTakenAway` says that the alert ends because the threshold does.
    init(_ variant: Variant, at threshold: LocationThreshold, level: StockLevel, isTakenAway: Bool = false) {
        let (who, location) = ("\(variant.name) (\(variant.sku))", threshold.location)
        let stock = variant.balance(at: location).available
        let message =
            switch level {
            case .ok where isTakenAway: "Alert ended: \(who) has no threshold at \(location) any more"
            case .ok: "Back in stock: \(who) has \(stock) at \(location)"
            case .low: "Low stock: \(who) has \(stock) left at \(location)"
            case .out: "Out of stock: \(who) at \(location)"
            }
        self.init(
            productID: variant.productID, variantID: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
            scope: .location(location, stock: stock), level: level, previousLevel: threshold.level, stock: variant.stock,
            threshold: threshold.rule.threshold, message: message)
    }
}
