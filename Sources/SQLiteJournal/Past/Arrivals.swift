import TallywireCore
import TallywireEngine

/// The events of a batch that brought the first units of a variant to a location. A balance that did not exist before such an event
/// differs from one of zero.
struct Arrivals {
    private struct Key: Hashable {
        let variant: VariantID
        let location: String
    }

    private var events: [Key: UInt64] = [:]

    init() {}

    init(in batch: JournalBatch) throws {
        let grown = Set(
            batch.changes.variants.lazy.filter { ($0.after?.balances.count ?? 0) > ($0.before?.balances.count ?? 0) }
                .compactMap(\.after?.id))
        guard !grown.isEmpty else { return }
        for event in batch.events {
            guard let variant = event.subject.variant, grown.contains(variant) else { continue }
            if event.type == .inventoryUpdated, let location = event.location {
                let key = Key(variant: variant, location: location)
                events[key] = events[key] ?? event.seq
            } else if event.type == .catalogueChanged, case .catalogueChanged(let change) = try event.event().body,
                change.change == .created
            {
                // Another variant may have had the id before, in the same batch.
                events = events.filter { $0.key.variant != variant }
            }
        }
    }

    func event(of variant: VariantID, at location: String) -> UInt64? {
        events.isEmpty ? nil : events[Key(variant: variant, location: location)]
    }
}
