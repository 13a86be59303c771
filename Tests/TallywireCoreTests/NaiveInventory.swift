import TallywireCore

/// Catalogue, stock, reservations and alerts as somebody keeps them who has dictionaries and time: no events, no indexes, no sums. What
/// each kind of command does is in the extensions, each of which reads on one page.
struct NaiveInventory {
    struct Item: Equatable {
        var id: Int64, product: Int64, isDefault: Bool, price: Price?, codes: [Barcode], onHand: [String: Int64]
        /// Units that are not available, by location.
        var apart: [String: [StockState: Int64]] = [:]
        /// The alert of the total under the empty name, and those of locations.
        var alerts: [String: Alert]
        /// Where less than 0 was on hand after the last command.
        var warned: Set<String> = []
        /// When the places were counted last.
        var counts: [String: Int64] = [:]
        /// Units that nothing but a reservation holds.
        func usable(_ place: String) -> Int64 {
            (onHand[place] ?? 0) - (apart[place] ?? [:]).reduce(0) { $0 + ($1.key == .incoming ? 0 : $1.value) }
        }
        mutating func put(_ units: Int64, _ place: String, _ state: StockState, isCounted: Bool = false) {
            onHand[place, default: 0] += state == .incoming || isCounted ? 0 : units
            if state != .available { apart[place, default: [:]][state, default: 0] += units }
        }
        func isEmpty(_ place: String) -> Bool { onHand[place] ?? 0 == 0 && apart[place]?[.incoming] ?? 0 == 0 }
    }
    struct Alert: Equatable {
        var rule: AlertRule, level = StockLevel.out, isOpen = false

        mutating func judge(_ units: Int64) {
            let isOver = units > rule.threshold + (level == .ok ? 0 : rule.rearm)
            let level = units == 0 ? StockLevel.out : isOver ? .ok : .low
            if level != self.level { isOpen = level != .ok }
            self.level = level
        }
    }
    struct Refused: Error {}

    var items: [String: Item] = [:], articles: [Int64: Article] = [:], locations: [String: Location] = [:]
    /// Versions by SKU, which stay when it is removed or its item gets another.
    var versions: [String: Int64] = [:]
    /// The ends of open reservations by id, and their parts in the order in which they were made.
    var ends: [String: Int64] = [:], parts: [Part] = []
    var lastProduct: Int64 = 0, lastVariant: Int64 = 0
    /// What the command does to units, and what the movements did that were not reversed.
    var steps: [Step] = [], done: [String: [Step]] = [:]
    var counts: [String: Count] = [:]
    /// What the command counts in open counts, and what the movements did.
    var reports: [Report] = [], reported: [String: [Report]] = [:]
    var serial = 0
    /// What came to a place, and left it.
    var log: [(item: Int64, place: String, units: Int64, at: Int64)] = []
    var clock: Int64 = 0
    mutating func apply(_ action: Command.Action, id: String = "", now: Int64 = 0) throws {
        (steps, reports, clock, serial) = ([], [], now, serial + 1)
        try carryOut(action, id: id, now: now)
        if !steps.isEmpty { done[id] = steps }
        if !reports.isEmpty { reported[id] = reports }
        judge()
    }

    mutating func judge() {
        for (sku, item) in items {
            for place in item.alerts.keys {
                let units = place == "" ? stock(sku) : available(sku, place)
                items[sku]?.alerts[place]?.judge(units)
            }
            let below = Set(item.onHand.filter { $0.value < 0 }.keys)
            if !below.isSubset(of: item.warned), items[sku]?.alerts[""]?.level != .ok { items[sku]?.alerts[""]?.isOpen = true }
            items[sku]?.warned = below
        }
    }

    mutating func carryOut(_ action: Command.Action, id: String, now: Int64) throws {
        switch action {
        case .reverse(let reversal): try reverse(reversal)
        case .reserve(let new): try reserve(new, id: id)
        case .useReservation(let use): try carryOut(use)
        case .endReservation(let id, let end):
            try require(ends.updateValue(now + end.milliseconds, forKey: id) != nil)
        case .openCount(let new): try open(new, id: id)
        case .useCount(let use): try carryOut(use)
        case .createLocation(let new): try require(locations.updateValue(new, forKey: new.code) == nil)
        case .updateLocation(let code, let update): try change(code, to: update)
        case .removeLocation(let code): try removeLocation(code)
        case .createProduct(let new): try create(new)
        case .addVariant(let id, let new):
            try require(articles[id.rawValue]?.isSingle == false)
            try create(new, of: id.rawValue, isDefault: false)
        case .updateProduct(let id, let update): try change(id.rawValue, price: update.price, status: update.status)
        case .updateVariant(let id, let update): try change(id, to: update)
        case .removeVariant(let id): try require(remove { $0.id == id.rawValue && !$0.isDefault } == 1)
        case .removeProduct(let id):
            try require(articles.removeValue(forKey: id.rawValue) != nil)
            _ = try remove { $0.product == id.rawValue }
        case .move(let movement): for line in movement.lines { try move(line) }
        case .acknowledge, .report: break
        }
    }

    func available(_ sku: String, _ location: String) -> Int64 {
        max(0, (items[sku]?.usable(location) ?? 0) - reserved(sku, location))
    }

    func stock(_ sku: String) -> Int64 {
        (items[sku]?.onHand.keys ?? [:].keys).reduce(0) { $0 + (locations[$1]?.sells == true ? available(sku, $1) : 0) }
    }

    func require(_ condition: Bool) throws { if !condition { throw Refused() } }

    func find(_ reference: ItemReference) throws -> (sku: String, units: Int64) {
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
