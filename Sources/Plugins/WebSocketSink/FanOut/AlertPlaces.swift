import TallywireCore
import TallywireEngine

/// Where each variant's stock changed last, for the rooms of locations: an alert is about all locations and names none, and
/// belongs to the room of the place whose change caused it.
///
/// The alerts of a movement follow its changes, but a batch may end between them, so this is kept from batch to batch. Two
/// generations bound it: the newer holds more variants than a movement has lines, so no alert comes too late for both.
struct AlertPlaces {
    static let generation = 2 * Limits.linesPerMovement

    private var newer: [VariantID: String] = [:]
    private var older: [VariantID: String] = [:]

    /// The location of an event; has to see every event in order.
    mutating func location(of envelope: EventEnvelope) -> String? {
        guard let variant = envelope.subject.variant else { return envelope.subject.location }
        switch envelope.type {
        case .inventoryUpdated:
            guard let location = envelope.subject.location else { return nil }
            if newer.count >= Self.generation {
                older = newer
                newer.removeAll(keepingCapacity: true)
            }
            newer[variant] = location
            return location
        case .stockAlert: return envelope.subject.location ?? newer[variant] ?? older[variant]
        case .productStatusChanged, .catalogueChanged: return envelope.subject.location
        }
    }
}
