import TallywireCore
import TallywireEngine

/// What can stand in braces in the address of an event: in a topic of MQTT, in a subject of NATS.
package enum EventPlace: String, CaseIterable, Sendable {
    case event, epoch, product, variant, sku, location
}

/// The values of the places of an address.
package struct EventValues: Sendable {
    package var event: EventType?
    package var epoch: String
    package var product: ProductID?
    package var variant: VariantID?
    package var sku: String?
    package var location: String?

    package init(
        event: EventType? = nil, epoch: String, product: ProductID? = nil, variant: VariantID? = nil, sku: String? = nil,
        location: String? = nil
    ) {
        self.event = event
        self.epoch = epoch
        self.product = product
        self.variant = variant
        self.sku = sku
        self.location = location
    }

    /// The values of an event.
    package init(_ record: EventEnvelope, epoch: String) {
        let subject = record.subject
        self.init(
            event: record.type, epoch: epoch, product: subject.product, variant: subject.variant, sku: subject.sku,
            location: subject.location)
    }

    package subscript(place: EventPlace) -> String? {
        switch place {
        case .event: event?.rawValue
        case .epoch: epoch
        case .product: product?.description
        case .variant: variant?.description
        case .sku: sku
        case .location: location
        }
    }
}
