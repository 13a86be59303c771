import TallywireCore

/// Variants, products and locations whose displays have to be read, each with the last event that requires it.
///
/// An event of one location has all values of the display there. But a change of price or status concerns all locations, and a
/// change of stock changes the total at the others. The values of those displays are not in the event, so they are read.
struct DisplayRefresh: Sendable {
    struct Cause: Equatable, Sendable {
        let seq: UInt64
        let timestamp: Timestamp
    }

    private(set) var variants: [VariantID: Cause] = [:]
    private(set) var products: [ProductID: Cause] = [:]
    /// Locations that were created or removed. What is left of items at a location is shown while there is the location.
    private(set) var locations: [String: Cause] = [:]

    /// Notes the displays of `variant`.
    mutating func note(_ variant: VariantID, _ cause: Cause) {
        if let known = variants[variant], known.seq > cause.seq { return }
        variants[variant] = cause
    }

    /// Notes the displays that `event` requires to be read.
    mutating func note(_ event: Event) {
        let cause = Cause(seq: event.seq, timestamp: event.timestamp)
        switch event.body {
        case .inventoryUpdated(let update): variants[update.variantID] = cause
        // A display shows the level of the total.
        case .stockAlert(let alert): if alert.scope == .total { variants[alert.variantID] = cause }
        case .productStatusChanged(let change): products[change.productID] = cause
        case .catalogueChanged(let change):
            switch (change.subject, change.change) {
            case (.location(let code), .created), (.location(let code), .removed): locations[code] = cause
            case (.product(let id), .updated): products[id] = cause
            case (.variant(let id, _, _, _), .updated): variants[id] = cause
            case (.location, .updated), (.product, _), (.variant, _): break
            }
        case .deviceChanged, .displayChanged, .serialRepeated, .alertAcknowledged, .scanSetAside, .reservationChanged,
            .countChanged:
            break
        }
    }
}
