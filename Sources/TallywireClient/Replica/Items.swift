import TallywireCore

extension TallywireClient {
    /// The newest known value of each item, folded from events and pages.
    struct Items: Sendable {
        private struct Entry {
            var item: Item
            /// Up to which event it is known to hold.
            var seq: UInt64
        }

        private var entries: [Place: Entry] = [:]
        private var byProduct: [ProductID: Set<Place>] = [:]
        /// How many it holds at most.
        let limit: Int
        /// What changed since somebody took it.
        private(set) var changes = ItemChanges()
        /// Whether there was an item that found no place.
        private(set) var isFull = false

        init(limit: Int) { self.limit = limit }

        subscript(place: Place) -> Item? { entries[place]?.item }
        var all: [Place: Item] { entries.mapValues(\.item) }
        /// Up to which event the item is known to hold.
        func seq(of place: Place) -> UInt64? { entries[place]?.seq }

        mutating func takeChanges() -> ItemChanges {
            defer { changes = ItemChanges() }
            return changes
        }

        // MARK: Folding

        mutating func fold(_ values: Values, from source: Source) {
            let entry = entries[values.place]
            if entry == nil, entries.count >= limit {
                isFull = true
                return
            }
            put(
                Item.newest(entry?.item, upTo: entry?.seq ?? 0, values, from: source),
                upTo: max(source.seq, entry?.seq ?? 0))
        }

        mutating func fold(_ event: Event) {
            let source = Source(seq: event.seq, changedAt: event.timestamp, conflated: event.conflated)
            switch event.body {
            case .inventoryUpdated(let update): fold(Values(update), from: source)
            case .stockAlert(let alert):
                guard let level = alert.level else { return }
                amend(alert.place, source) { $0.level = level }
            case .productStatusChanged(let change):
                for place in byProduct[change.product] ?? [] {
                    amend(place, source) { item in
                        item.status = change.status
                        item.version += 1
                    }
                }
            case .catalogueChanged(let change): fold(change, source)
            case .notice: break
            }
        }

        private mutating func fold(_ change: CatalogueChange, _ source: Source) {
            guard let place = change.place, let entry = entries[place] else { return }
            switch change.change {
            case .removed: if entry.seq <= source.seq { remove(place) }
            case .updated: if let name = change.values["name"]?.string { amend(place, source) { $0.name = name } }
            case .created: break
            }
        }

        /// Changes members of an item that is older than `source`.
        private mutating func amend(_ place: Place, _ source: Source, _ change: (inout Item) -> Void) {
            guard let entry = entries[place], source.seq > entry.seq else { return }
            put(entry.item.changed(source, change), upTo: source.seq)
        }

        private mutating func put(_ item: Item, upTo seq: UInt64) {
            let isSame = entries[item.place]?.item == item
            entries[item.place] = Entry(item: item, seq: seq)
            if isSame { return }
            byProduct[item.product, default: []].insert(item.place)
            changes.change(item)
        }

        // MARK: Removing

        mutating func remove(_ place: Place) {
            guard entries.removeValue(forKey: place) != nil else { return }
            byProduct[place.product]?.remove(place)
            if byProduct[place.product]?.isEmpty == true { byProduct[place.product] = nil }
            changes.remove(place)
        }

        /// Removes what is not meant any more: items that are known up to `seq` at most, and that `isGone` names.
        mutating func remove(upTo seq: UInt64 = .max, where isGone: (Place) -> Bool) {
            for (place, entry) in entries where entry.seq <= seq && isGone(place) { remove(place) }
        }

        mutating func removeAll() {
            for place in entries.keys { remove(place) }
            isFull = false
        }
    }
}
