/// How events change the state: by the same step when a command is decided and when a journal is folded again.
extension InventoryState {
    /// Folds one event into the state. Throws if the event does not fit, because its `seq` is not the next one or because it names
    /// something that does not exist. The state is then unchanged.
    public mutating func fold(_ event: Event) throws(FoldError) {
        guard event.seq == seq + 1 else {
            throw FoldError(seq: event.seq, message: "event \(event.seq) follows event \(seq)")
        }
        switch event.body {
        case .inventoryUpdated(let update): try fold(update, seq: event.seq)
        case .stockAlert(let alert):
            let id = try existingVariant(alert.variantID, of: alert.productID, isDefault: alert.isDefaultVariant, seq: event.seq)
            fold(alert, of: id, in: event)
        case .productStatusChanged(let change):
            guard let product = products[change.productID] else {
                throw FoldError.missing("product \(change.productID)", event.seq)
            }
            changeProduct(change.productID) { $0.status = change.status }
            for id in product.variants { changeVariant(id) { $0.version += 1 } }
        case .catalogueChanged(let change): try fold(change, seq: event.seq)
        case .alertAcknowledged(let acknowledged):
            let id = try existingVariant(
                acknowledged.variantID, of: acknowledged.productID, isDefault: acknowledged.isDefaultVariant, seq: event.seq)
            fold(acknowledged, of: id, in: event)
        case .reservationChanged(let change): try fold(change, at: event.timestamp, seq: event.seq)
        case .countChanged(let change): try fold(change, at: event.timestamp, seq: event.seq)
        case .deviceChanged, .displayChanged, .serialRepeated, .scanSetAside: break
        }
        advance(to: event.seq)
    }

    /// Passes over the events up to `seq`, which change nothing that is read from the state.
    public mutating func skip(to seq: UInt64) { advance(to: seq) }

    private mutating func fold(_ update: InventoryUpdated, seq: UInt64) throws(FoldError) {
        let id = try existingVariant(update.variantID, of: update.productID, isDefault: update.isDefaultVariant, seq: seq)
        let productPrice = products[update.productID]?.price
        var gained: Int64 = 0
        changeVariant(id) { variant in
            gained = update.stock - variant.stock
            switch update.change {
            case .stock(let change):
                variant.balances.fold(change)
                if let level = change.locationLevel { variant.changeThreshold(at: change.location) { $0.level = level } }
            case .price(_, let isOwn): variant.ownPrice = isOwn ?? (update.price != productPrice) ? update.price : nil
            }
            variant.stock = update.stock
            variant.level = update.level
            variant.version = update.version
            variant.wasStocked = variant.wasStocked || update.stock > 0
        }
        if gained != 0 { changeProduct(update.productID) { $0.totalStock += gained } }
    }

    /// The first event of a reservation makes it.
    private mutating func fold(_ change: ReservationChanged, at timestamp: Timestamp, seq: UInt64) throws(FoldError) {
        var holds: [Reservation.Hold] = []
        for hold in change.holds {
            let id = try existingVariant(hold.variant, of: hold.product, isDefault: hold.isDefaultVariant, seq: seq)
            holds.append(
                Reservation.Hold(
                    product: hold.product, variant: id, isDefaultVariant: hold.isDefaultVariant, sku: hold.sku,
                    location: hold.location, quantity: hold.quantity, captured: hold.captured, released: hold.released,
                    short: hold.short))
        }
        let known = reservations[change.id]
        set(
            Reservation(
                id: change.id, number: known?.number ?? seq, reference: change.reference, createdAt: known?.createdAt ?? timestamp,
                expiresAt: change.expiresAt, status: change.status, holds: holds))
    }

    private mutating func fold(_ change: CatalogueChanged, seq: UInt64) throws(FoldError) {
        let values = change.values
        noteCatalogueChange()
        switch (change.subject, change.change) {
        case (.location(let code), let change): try fold(change, of: code, values, seq: seq)
        case (.product(let id), .created):
            add(
                Product(
                    id: id, name: values.name ?? "", status: values.status ?? .active, price: values.price ?? nil,
                    hasDefaultVariant: values.hasDefaultVariant ?? false))
        case (.product(let id), .updated):
            guard let product = products[id] else { throw FoldError.missing("product \(id)", seq) }
            changeProduct(id) { product in
                if let name = values.name { product.name = name }
                if let price = values.price { product.price = price }
            }
            for variant in product.variants {
                changeVariant(variant) {
                    if let name = values.name, $0.isDefault { $0.name = name }
                    // The rule of events that do not contain the previous price.
                    if values.previousPrice == nil, let price = values.price, $0.ownPrice == price { $0.ownPrice = nil }
                }
            }
        case (.product(let id), .removed):
            remove(id)
        case (.variant(let id, let isDefault, let sku, let productID), .created):
            guard let product = products[productID] else { throw FoldError.missing("product \(productID)", seq) }
            let price = values.price ?? nil
            let isOwn = values.ownPrice ?? (price != product.price)
            var variant = Variant(
                id: id, productID: productID, isDefault: isDefault, sku: sku, name: values.name ?? "",
                ownPrice: isOwn ? price : nil, barcodes: values.barcodes ?? [],
                alerts: AlertRule(threshold: values.lowStockThreshold ?? 10, rearm: values.rearm ?? 0),
                version: values.version ?? 0)
            for change in values.thresholds ?? [] { variant.set(change) }
            add(variant)
        case (.variant(let wanted, let isDefault, let sku, let productID), .updated):
            let id = try existingVariant(wanted, of: productID, isDefault: isDefault, seq: seq)
            if let codes = values.barcodes { setBarcodes(codes, of: id) }
            let price = variants[id].flatMap { self.price(of: $0) }
            if values.previousSKU != nil { rename(id, to: sku) }
            changeVariant(id) { variant in
                if let version = values.version { variant.version = version }
                if let isOwn = values.ownPrice { variant.ownPrice = isOwn ? price : nil }
                if let name = values.name { variant.name = name }
                if let threshold = values.lowStockThreshold { variant.alerts.threshold = threshold }
                if let rearm = values.rearm { variant.alerts.rearm = rearm }
                for change in values.thresholds ?? [] { variant.set(change) }
            }
        case (.variant(let wanted, let isDefault, _, let productID), .removed):
            remove(try existingVariant(wanted, of: productID, isDefault: isDefault, seq: seq))
        }
    }

    /// The stock that a location's `sells` decides is in the `inventory_updated` that follow.
    private mutating func fold(
        _ change: CatalogueChanged.Change, of code: String, _ values: CatalogueChanged.Values, seq: UInt64
    ) throws(FoldError) {
        switch change {
        case .created:
            setLocation(
                code,
                Location(
                    code: code, name: values.name ?? code, sells: values.sells ?? true, priority: values.priority ?? 0))
        case .updated:
            guard var location = locations[code] else { throw FoldError.missing("location \(code)", seq) }
            if let name = values.name { location.name = name }
            if let sells = values.sells { location.sells = sells }
            if let priority = values.priority { location.priority = priority }
            setLocation(code, location)
        case .removed:
            guard locations[code] != nil else { throw FoldError.missing("location \(code)", seq) }
            setLocation(code, nil)
        }
    }

    /// The variant that an event names. A default variant is found by its product.
    private func existingVariant(
        _ id: VariantID, of product: ProductID, isDefault: Bool, seq: UInt64
    ) throws(FoldError) -> VariantID {
        // Without a copy of the variant.
        if variants.index(forKey: id) != nil { return id }
        if isDefault, let only = products[product]?.variants.first { return only }
        throw FoldError.missing("variant \(id)", seq)
    }
}

/// An event that does not fit the state before it: a gap or damage in a journal.
public struct FoldError: Error, Equatable, Sendable, CustomStringConvertible {
    public let seq: UInt64
    public let message: String

    public init(seq: UInt64, message: String) {
        self.seq = seq
        self.message = message
    }

    static func missing(_ what: String, _ seq: UInt64) -> FoldError {
        FoldError(seq: seq, message: "event \(seq) is about \(what), which does not exist")
    }

    public var description: String { message }
}
