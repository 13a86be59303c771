import TallywireCore
import TallywireEngine
import TallywirePipeline

extension SiteFollower {
    /// Reads everything of the site and changes here what differs. The stream then begins where the first page was read.
    func takeSnapshot(of epoch: String) async throws {
        context.status.update { $0.state = "snapshot" }
        try await bookmark.clear()
        isStored = false
        newer.removeAll()
        missing = Missing()
        productSeqs = [:]
        var first: UInt64?
        var skus: Set<String> = []
        var cursor: String?
        repeat {
            let (page, at) = try await client.products(cursor: cursor)
            try check(at, epoch)
            let begin = first ?? at.seq
            first = begin
            // A proxy before several nodes may ask one that is behind the last.
            guard at.seq >= begin else {
                throw SiteFailure(
                    "\(client.place) went back from event \(begin) to \(at.seq) while everything was read: it is read again")
            }
            for product in page.items where options.catalogue { try await mirror(product, at: at.seq) }
            for variant in page.items.lazy.flatMap(\.variants) {
                skus.insert(variant.sku)
                if at.seq > begin {
                    for row in variant.locations { newer.note(StockKey(sku: variant.sku, location: row.location), at: at.seq) }
                }
            }
            try await mirror(page.items.flatMap(\.variants))
            cursor = page.nextCursor
        } while cursor != nil
        try await clearStock(exceptOf: skus)
        if options.catalogue { try await removeProducts(exceptOf: skus) }
        needsSnapshot = false
        position = JournalPosition(epoch: epoch, seq: first ?? 0)
        try await advance(to: first ?? 0)
    }

    /// Makes the stock of variants here what it is at the site.
    private func mirror(_ variants: [SiteVariant]) async throws {
        var commands: [StockCommand] = []
        for variant in variants { commands += try await differences(variant.sku, variant.locations) }
        try await submit(commands)
    }

    /// Sets the stock of SKUs that the site does not have to 0, at its locations.
    private func clearStock(exceptOf skus: Set<String>) async throws {
        for location in try await context.stock.locations().value where site.has(location.code) {
            var query = StockQuery(location: location.code, limit: 1_000)
            while true {
                let records = try await context.stock.stock(query).value
                let code = String(location.code.dropFirst(site.prefix.count))
                try await submit(
                    records.filter { $0.balance.onHand != 0 && !skus.contains($0.sku) }
                        .compactMap { stockCommand(StockKey(sku: $0.sku, location: code), 0) })
                guard let last = records.last, records.count == query.limit else { break }
                query.after = StockQuery.Position(variant: last.variant, location: last.balance.location)
            }
        }
    }
}
