import TallywireCore

/// Catalogue, stock and reservations as somebody keeps them who has dictionaries and time: no events, no indexes, no sums, no alerts.
struct NaiveInventory {
    struct Item: Equatable {
        var id: Int64, product: Int64, isDefault: Bool, price: Price?, codes: [Barcode], onHand: [String: Int64]
    }
    struct Article: Equatable { let price: Price?, status: ProductStatus, isSingle: Bool }
    /// The units of a SKU that a reservation holds at a location.
    struct Part: Equatable {
        let id: String, location: String
        var sku: String, quantity: Int64, captured: Int64 = 0, released: Int64 = 0
        var held: Int64 { quantity - captured - released }
    }
    struct Refused: Error {}

    private(set) var items: [String: Item] = [:], articles: [Int64: Article] = [:], locations: [String: Location] = [:]
    /// Versions by SKU, which stay when it is removed or its item gets another.
    private(set) var versions: [String: Int64] = [:]
    /// The ends of open reservations by id, and their parts in the order in which they were made.
    private(set) var ends: [String: Int64] = [:], parts: [Part] = []
    private var lastProduct: Int64 = 0, lastVariant: Int64 = 0
    /// What each movement did to the units on hand, and the movements that were not reversed.
    private var shifts: [(item: Int64, product: Int64, location: String, change: Int64)] = []
    private var done: [String: [(item: Int64, product: Int64, location: String, change: Int64)]] = [:]

    mutating func apply(_ action: Command.Action, id: String = "", now: Int64 = 0) throws {
        shifts = []
        defer { if !shifts.isEmpty { done[id] = shifts } }
        switch action {
        case .reverse(let reversal):
            guard case .movement(let id, _) = reversal.subject, let past = done.removeValue(forKey: id) else { throw Refused() }
            for (item, product, location, change) in past.reversed() where change != 0 {
                guard let sku = items.first(where: { $0.value.id == item && $0.value.product == product })?.key else {
                    throw Refused()
                }
                try require(
                    change <= available(sku, location) && abs(change) <= Limits.largestQuantity && locations[location] != nil)
                shift(sku, location, -change)
                versions[sku, default: 0] += 1
            }
        case .reserve(let new):
            ends[id] = now + new.end.milliseconds
            for line in new.lines {
                let (sku, units) = try find(line.item)
                var left = line.quantity * units
                try require(left <= Limits.largestQuantity && (line.locations ?? []).allSatisfy { locations[$0] != nil })
                let any = locations.values.filter(\.sells).sorted {
                    ($0.priority, available(sku, $1.code), $0.code) < ($1.priority, available(sku, $0.code), $1.code)
                }
                for location in line.locations ?? any.map(\.code) {
                    let units = min(left, available(sku, location))
                    left -= units
                    if units > 0 { hold(Part(id: id, location: location, sku: sku, quantity: units)) }
                }
                try require(left == 0 || new.isPartial)
            }
            try require(parts.last?.id == id)
        case .useReservation(let use):
            let lines = use.lines.map { $0.map { ($0.item, $0.quantity, $0.location) } }
            try take(use.reservation, lines, isCapture: use.kind != .release)
            if use.kind == .capture(keepsRest: false) { try take(use.reservation, nil, isCapture: false) }
            close(use.reservation)
        case .endReservation(let id, let end):
            try require(ends.updateValue(now + end.milliseconds, forKey: id) != nil)
        case .createLocation(let new): try require(locations.updateValue(new, forKey: new.code) == nil)
        case .updateLocation(let code, let update):
            guard let old = locations[code] else { throw Refused() }
            locations[code] = Location(
                code: code, name: update.name ?? old.name, sells: update.sells ?? old.sells,
                priority: update.priority ?? old.priority)
            guard let sells = update.sells, sells != old.sells else { return }
            for sku in items.keys where available(sku, code) != 0 { versions[sku, default: 0] += 1 }
        case .removeLocation(let code):
            try require(locations.removeValue(forKey: code) != nil)
            try require(items.allSatisfy { $0.value.onHand[code] ?? 0 == 0 && reserved($0.key, code) == 0 })
        case .createProduct(let new):
            let (id, isSingle) = (new.id?.rawValue ?? lastProduct + 1, new.single != nil)
            lastProduct = max(lastProduct, id)
            try require(articles.updateValue(Article(price: new.price, status: new.status, isSingle: isSingle), forKey: id) == nil)
            for variant in new.variants { try create(variant, of: id, isDefault: isSingle) }
        case .addVariant(let id, let new):
            try require(articles[id.rawValue]?.isSingle == false)
            try create(new, of: id.rawValue, isDefault: false)
        case .updateProduct(let id, let update): try change(id.rawValue, price: update.price, status: update.status)
        case .updateVariant(let id, let update):
            guard let (old, item) = items.first(where: { $0.value.id == id.rawValue }) else { throw Refused() }
            if item.isDefault { try change(item.product, price: update.price, status: nil) }
            let sku = update.sku ?? old
            if sku != old { try rename(old, to: sku) }
            for index in parts.indices where parts[index].sku == old { parts[index].sku = sku }
            items[sku]?.codes = update.barcodes ?? item.codes
            guard let price = update.price, !item.isDefault else { return }
            let inherited = articles[item.product]?.price
            if price ?? inherited != item.price ?? inherited { versions[sku, default: 0] += 1 }
            items[sku]?.price = price
        case .removeVariant(let id): try require(remove { $0.id == id.rawValue && !$0.isDefault } == 1)
        case .removeProduct(let id):
            try require(articles.removeValue(forKey: id.rawValue) != nil)
            _ = try remove { $0.product == id.rawValue }
        case .move(let movement):
            for line in movement.lines {
                if let reservation = line.reservation {
                    try take(reservation, [(line.item, line.quantity, line.location)], isCapture: true)
                    close(reservation)
                    continue
                }
                let ((sku, units), place) = (try find(line.item), line.location ?? "")
                let (quantity, there, free) = (line.quantity * units, items[sku]?.onHand[place] ?? 0, available(sku, place))
                try require(quantity <= Limits.largestQuantity && line.expected ?? free == free)
                let change = line.operation == .add ? quantity : line.operation == .set ? quantity - there : -quantity
                try require([.add, .set].contains(line.operation) || quantity <= free)
                for (location, change) in [(place, change)] + (line.destination.map { [($0, quantity)] } ?? []) {
                    shift(sku, location, change)
                    versions[sku, default: 0] += 1
                    try require(locations[location] != nil)
                }
            }
        case .acknowledge, .report: break
        }
    }

    /// Ends what is over, in order, and returns the ids.
    mutating func expire(upTo now: Int64) throws -> [String] {
        let order = Dictionary(parts.enumerated().map { ($1.id, $0) }) { first, _ in first }
        let over = ends.filter { $0.value <= now }.keys.sorted { (ends[$0]!, order[$0]!) < (ends[$1]!, order[$1]!) }
        for id in over { try take(id, nil, isCapture: false) }
        for id in over { close(id) }
        return over
    }

    func reserved(_ sku: String, _ location: String, from index: Int = 0) -> Int64 {
        parts[index...].reduce(0) { $0 + ($1.sku == sku && $1.location == location ? $1.held : 0) }
    }

    func available(_ sku: String, _ location: String) -> Int64 {
        max(0, (items[sku]?.onHand[location] ?? 0) - reserved(sku, location))
    }

    /// What of a part is not on hand: the youngest reservations go short first.
    func short(_ index: Int) -> Int64 {
        let part = parts[index]
        let missing = reserved(part.sku, part.location) - (items[part.sku]?.onHand[part.location] ?? 0)
        return min(part.held, max(0, missing - reserved(part.sku, part.location, from: index + 1)))
    }

    private mutating func take(_ id: String, _ lines: [(ItemReference, Int64, String?)]?, isCapture: Bool) throws {
        try require(ends[id] != nil)
        for (item, quantity, location) in lines ?? [(.sku(""), 0, nil)] {
            let sku = try lines == nil ? nil : find(item).sku
            var left = try lines == nil ? .max : quantity * find(item).units
            try require(location == nil || locations[location ?? ""] != nil)
            for (index, part) in parts.enumerated() where part.id == id && part.held > 0 && left > 0 {
                guard sku ?? part.sku == part.sku, location ?? part.location == part.location else { continue }
                let units = min(left, part.held)
                if isCapture { shift(part.sku, part.location, -units) }
                try require((items[part.sku]?.onHand[part.location] ?? 0) >= 0)
                if isCapture { parts[index].captured += units } else { parts[index].released += units }
                versions[part.sku, default: 0] += 1
                left -= units
            }
            try require(lines == nil || left == 0)
        }
    }

    private mutating func close(_ id: String) {
        guard parts.allSatisfy({ $0.id != id || $0.held == 0 }) else { return }
        ends[id] = nil
        parts.removeAll { $0.id == id }
    }

    private mutating func hold(_ part: Part) {
        versions[part.sku, default: 0] += 1
        let same = parts.firstIndex { $0.id == part.id && $0.sku == part.sku && $0.location == part.location }
        if let same { parts[same].quantity += part.quantity } else { parts.append(part) }
    }

    private mutating func shift(_ sku: String, _ location: String, _ change: Int64) {
        items[sku]?.onHand[location, default: 0] += change
        if let item = items[sku] { shifts.append((item.id, item.product, location, change)) }
    }

    private func require(_ condition: Bool) throws { if !condition { throw Refused() } }

    private mutating func change(_ id: Int64, price: Price??, status: ProductStatus?) throws {
        guard let old = articles[id] else { throw Refused() }
        articles[id] = Article(price: price ?? old.price, status: status ?? old.status, isSingle: old.isSingle)
        for (sku, item) in items where item.product == id {
            let changes = [item.price == nil && (price ?? old.price) != old.price, (status ?? old.status) != old.status]
            versions[sku, default: 0] += Int64(changes.count { $0 })
        }
    }

    private mutating func rename(_ old: String, to new: String) throws {
        try require(items[new] == nil)
        items[new] = items.removeValue(forKey: old)
        versions[new] = max(versions[new] ?? 0, versions[old] ?? 0)
    }

    private mutating func create(_ new: NewVariant, of product: Int64, isDefault: Bool) throws {
        let (id, price) = (new.id?.rawValue ?? lastVariant + 1, isDefault ? nil : new.price)
        try require(items[new.sku] == nil && !items.values.contains { $0.id == id })
        try require(items.values.allSatisfy { Set($0.codes).isDisjoint(with: new.barcodes) })
        lastVariant = max(lastVariant, id)
        items[new.sku] = Item(id: id, product: product, isDefault: isDefault, price: price, codes: new.barcodes, onHand: [:])
    }

    private mutating func remove(where condition: (Item) -> Bool) throws -> Int {
        let gone = items.filter { condition($0.value) }
        try require(gone.values.allSatisfy { $0.onHand.values.allSatisfy { $0 == 0 } })
        try require(!parts.contains { gone[$0.sku] != nil })
        for sku in gone.keys { items[sku] = nil }
        return gone.count
    }

    private func find(_ reference: ItemReference) throws -> (sku: String, units: Int64) {
        for (sku, item) in items {
            switch reference {
            case .sku(sku), .variant(VariantID(item.id)): return (sku, 1)
            case .barcode(let code): if let own = item.codes.first(where: { $0.code == code }) { return (sku, own.units) }
            default: break
            }
        }
        throw Refused()
    }
}
