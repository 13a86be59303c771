import TallywireCore
import TallywirePipeline

/// What the site's events lead to here.
extension SiteFollower {
    /// Applies events in their order.
    func apply(_ events: [Event]) async throws {
        context.status.update { $0.received += UInt64(events.count) }
        var changes: [StockCommand] = []
        for event in events {
            if case .inventoryUpdated(let update) = event.body, let change = update.stockChange {
                if let command = command(event.seq, update, change) { changes.append(command) }
                continue
            }
            guard concernsCatalogue(event.body) else { continue }
            try await submit(changes)
            changes = []
            try await applyToCatalogue(event)
        }
        try await submit(changes)
    }

    /// The command for a change of stock; `nil` for one that is older than what is here, or of what cannot be here.
    private func command(_ seq: UInt64, _ update: InventoryUpdated, _ change: StockChange) -> StockCommand? {
        guard let epoch = position?.epoch else { return nil }
        let key = StockKey(sku: update.sku, location: change.location)
        // A SKU that is missing gets all of its stock at once when it is known here.
        if missing.skus[key.sku] != nil || newer.isOlder(key, seq) {
            context.status.update { $0.ignored += 1 }
            return nil
        }
        return stockCommand(
            key, change.locationStock, id: "\(site.text):\(epoch):\(seq)", reason: update.reason, reference: update.reference)
    }

    private func concernsCatalogue(_ body: Event.Body) -> Bool {
        switch body {
        case .catalogueChanged: true
        // A change of price.
        case .inventoryUpdated, .productStatusChanged: options.catalogue
        default: false
        }
    }

    private func applyToCatalogue(_ event: Event) async throws {
        switch event.body {
        case .inventoryUpdated(let update): try await mirrorProduct(update.productID, after: event.seq)
        case .productStatusChanged(let change): try await mirrorProduct(change.productID, after: event.seq)
        case .catalogueChanged(let change): try await apply(change, event.seq)
        default: break
        }
    }

    private func apply(_ change: CatalogueChanged, _ seq: UInt64) async throws {
        switch change.subject {
        case .location:
            guard locationsSeq < seq else { return }
            let (locations, at) = try await client.locations()
            if let position { try check(at, position.epoch) }
            try await mirror(locations, at: at.seq)
        case .product(let id):
            // The removal of a product comes with one of each variant, which has its SKU.
            if change.change != .removed { try await mirrorProduct(id, after: seq) }
        case .variant(_, _, let sku, let product):
            if change.change == .removed {
                try await refresh(sku)
                if options.catalogue { try await removeHere(sku) }
            } else if let previous = change.values.previousSKU {
                if options.catalogue { try await rename(previous, to: sku) }
                try await mirrorProduct(product, after: seq)
                try await refresh(previous)
                try await refresh(sku)
            } else {
                try await mirrorProduct(product, after: seq)
            }
        }
    }
}
