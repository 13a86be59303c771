import TallywireCore

extension TallywireClient {
    /// The newest known values of each item, folded from events and pages.
    struct Items: Sendable {
        private struct Entry {
            var item: Item
            /// The event up to which the item is known to hold.
            var seq: UInt64
        }

        private var entries: [ItemKey: Entry] = [:]
        private var byProduct: [ProductID: Set<ItemKey>] = [:]
        /// The most items.
        let limit: Int
        /// The changes since they were last taken.
        private(set) var changes = ItemChanges()
        /// Whether there was no room for an item.
        private(set) var isFull = false

        init(limit: Int) { self.limit = limit }

        subscript(key: ItemKey) -> Item? { entries[key]?.item }
        var all: [ItemKey: Item] { entries.mapValues(\.item) }
        /// The event up to which the item is known to hold.
        func seq(of key: ItemKey) -> UInt64? { entries[key]?.seq }

        mutating func takeChanges() -> ItemChanges {
            defer { changes = ItemChanges() }
            return changes
        }

        // MARK: Folding

        mutating func fold(_ values: Values, from source: Source) {
            let entry = entries[values.key]
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
                // The level at one location is not the item's.
                guard alert.scope == .total, let level = alert.level else { return }
                amend(alert.key, source) { $0.level = level }
            case .productStatusChanged(let change):
                for key in byProduct[change.product] ?? [] {
                    amend(key, source) { item in
                        item.status = change.status
                        item.version += 1
                    }
                }
            case .catalogueChanged(let change): fold(change, source)
            case .reservationChanged, .notice: break
            }
        }

        private mutating func fold(_ change: CatalogueChange, _ source: Source) {
            guard let key = change.key, let entry = entries[key] else { return }
            switch change.change {
            case .removed: if entry.seq <= source.seq { remove(key) }
            case .updated:
                let (name, sku) = (change.values["name"]?.string, change.values["sku"]?.string)
                guard name != nil || sku != nil else { return }
                amend(key, source) { item in
                    item.name = name ?? item.name
                    item.sku = sku ?? item.sku
                    item.version = change.values["version"]?.integer ?? item.version
                }
            case .created: break
            }
        }

        /// Changes members of an item whose values are older than `source`.
        private mutating func amend(_ key: ItemKey, _ source: Source, _ change: (inout Item) -> Void) {
            guard let entry = entries[key], source.seq > entry.seq else { return }
            put(entry.item.changed(source, change), upTo: source.seq)
        }

        private mutating func put(_ item: Item, upTo seq: UInt64) {
            let isSame = entries[item.key]?.item == item
            entries[item.key] = Entry(item: item, seq: seq)
            if isSame { return }
            byProduct[item.product, default: []].insert(item.key)
            changes.change(item)
        }

        // MARK: Removing

        mutating func remove(_ key: ItemKey) {
            guard entries.removeValue(forKey: key) != nil else { return }
            byProduct[key.product]?.remove(key)
            if byProduct[key.product]?.isEmpty == true { byProduct[key.product] = nil }
            changes.remove(key)
        }

        /// Removes the items for which `isGone` returns `true`, if their values are not known beyond `seq`.
        mutating func remove(upTo seq: UInt64 = .max, where isGone: (ItemKey) -> Bool) {
            for (key, entry) in entries where entry.seq <= seq && isGone(key) { remove(key) }
        }

        mutating func removeAll() {
            for key in entries.keys { remove(key) }
            isFull = false
        }
    }
}
