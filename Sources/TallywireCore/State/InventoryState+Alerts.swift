extension InventoryState {
    /// The first acknowledgement of an alert counts. A further one changes nothing.
    func plan(acknowledging reply: AlertReply) throws(Rejection) -> Plan {
        guard let variant = variants[reply.variant], let alert = variant.alert, alert.seq == reply.alertSeq else {
            throw Rejection(
                .unknownAlert,
                "there is no open alert \(reply.alertSeq): it never was, or the stock has moved on since, see GET /api/alerts")
        }
        guard alert.acknowledgement == nil else { return Plan(variant: variant.id) }
        let acknowledged = AlertAcknowledged(
            productID: variant.productID, variantID: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
            level: variant.level, alertSeq: alert.seq, by: reply.by, note: reply.note)
        return Plan(bodies: [.alertAcknowledged(acknowledged)], variant: variant.id)
    }

    /// Opens the alert of `event`, or ends the open alert.
    mutating func fold(_ alert: StockAlert, of id: VariantID, in event: Event) {
        changeVariant(id) { variant in
            variant.level = alert.level
            variant.alert = alert.level == .ok ? nil : OpenAlert(seq: event.seq, since: event.timestamp)
        }
    }

    mutating func fold(_ acknowledged: AlertAcknowledged, of id: VariantID, in event: Event) {
        // The alert may be older than the first alert that this journal keeps.
        guard let alert = variants[id]?.alert, alert.seq == acknowledged.alertSeq else { return }
        let acknowledgement = OpenAlert.Acknowledgement(by: acknowledged.by, at: event.timestamp, note: acknowledged.note)
        changeVariant(id) {
            $0.alert = OpenAlert(seq: alert.seq, since: alert.since, acknowledgement: acknowledgement)
        }
    }
}
