import TallywireCore

/// Catalogue, stock, reservations and alerts as somebody keeps them who has dictionaries and time: no events, no indexes, no sums.
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
    struct Article: Equatable { let price: Price?, status: ProductStatus, isSingle: Bool }
    /// The units of a SKU that a reservation holds at a location.
    struct Part: Equatable {
        let id: String, location: String
        var sku: String, quantity: Int64, captured: Int64 = 0, released: Int64 = 0
        var held: Int64 { quantity - captured - released }
    }
    /// A count that has not ended. Items are named by their ids.
    struct Count: Equatable {
        let new: NewCount, opened: Int
        var isClosed = false, lines: [Int64: CountLine] = [:]
        func covers(_ sku: String, _ id: Int64) -> Bool {
            switch new.scope {
            case .everything: true
            case .skus(let skus): skus.contains(sku) || lines[id] != nil
            case .prefix(let prefix): sku.hasPrefix(prefix) || lines[id] != nil
            }
        }
    }
    struct CountLine: Equatable { var units: Int64, at: Int64, parts: Int64, since: Int }
    struct Refused: Error {}

    private(set) var items: [String: Item] = [:], articles: [Int64: Article] = [:], locations: [String: Location] = [:]
    /// Versions by SKU, which stay when it is removed or its item gets another.
    private(set) var versions: [String: Int64] = [:]
    /// The ends of open reservations by id, and their parts in the order in which they were made.
    private(set) var ends: [String: Int64] = [:], parts: [Part] = []
    private var lastProduct: Int64 = 0, lastVariant: Int64 = 0
    /// What the command does to units, and what the movements did that were not reversed.
    private var steps: [Step] = [], done: [String: [Step]] = [:]
    private(set) var counts: [String: Count] = [:]
    /// What the command counts in open counts, and what the movements did.
    private var reports: [Report] = [], reported: [String: [Report]] = [:]
    private var serial = 0
    /// What came to a place, and left it.
    private var log: [(item: Int64, place: String, units: Int64, at: Int64)] = []
    struct Report {
        let count: String, opened: Int, item: Int64, product: Int64, serial: Int, previous: Int64?, at: Int64, kind: Kind,
            units: Int64
    }
    enum Kind { case part, recount, takenBack }
    private var clock: Int64 = 0
    struct Spot { let place: String, state: StockState }
    struct Step { let item: Int64, product: Int64, units: Int64, from: Spot?, to: Spot?, at: Int64 }

    mutating func apply(_ action: Command.Action, id: String = "", now: Int64 = 0) throws {
        (steps, reports, clock, serial) = ([], [], now, serial + 1)
        try carryOut(action, id: id, now: now)
        if !steps.isEmpty { done[id] = steps }
        if !reports.isEmpty { reported[id] = reports }
        judge()
    }

    private mutating func judge() {
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

    private mutating func carryOut(_ action: Command.Action, id: String, now: Int64) throws {
        switch action {
        case .reverse(let reversal):
            guard case .movement(let id, _) = reversal.subject, done[id] != nil || reported[id] != nil else { throw Refused() }
            for report in reported.removeValue(forKey: id) ?? [] { try takeBack(report) }
            for step in (done.removeValue(forKey: id) ?? []).reversed()
            where step.units != 0 && (step.from != nil || step.to != nil) {
                let sku = items.first { $0.value.id == step.item && $0.value.product == step.product }?.key
                try require(sku != nil && step.units <= Limits.largestQuantity)
                try go(sku ?? "", step.units, step.to, step.from, undoneAt: step.at)
                versions[sku ?? "", default: 0] += step.from != nil && step.to != nil && step.from?.place != step.to?.place ? 2 : 1
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
        case .openCount(let new):
            try require(locations[new.location] != nil && counts[id] == nil)
            try require(!counts.values.contains { $0.new.location == new.location && !$0.isClosed })
            try require((new.scope.skus ?? []).allSatisfy { items[$0] != nil })
            counts[id] = Count(new: new, opened: serial)
        case .useCount(let use):
            guard let count = counts[use.count] else { throw Refused() }
            switch use.kind {
            case .count(let lines, let replaces):
                try require(!count.isClosed || replaces)
                for line in lines {
                    let (sku, units) = try find(line.item)
                    try require(line.quantity * units <= Limits.largestQuantity && count.covers(sku, items[sku]?.id ?? 0))
                    report(line.quantity * units, of: sku, to: use.count, replaces: replaces)
                }
            case .close: try settle(use.count, mustPost: false)
            case .post: try settle(use.count, mustPost: true)
            case .void: counts[use.count] = nil
            }
        case .createLocation(let new): try require(locations.updateValue(new, forKey: new.code) == nil)
        case .updateLocation(let code, let update):
            guard let old = locations[code] else { throw Refused() }
            locations[code] = Location(
                code: code, name: update.name ?? old.name, sells: update.sells ?? old.sells,
                priority: update.priority ?? old.priority)
            guard let sells = update.sells, sells != old.sells else { return }
            for (sku, item) in items where item.onHand[code, default: 0] != 0 || reserved(sku, code) != 0 {
                versions[sku, default: 0] += 1
            }
        case .removeLocation(let code):
            try require(locations.removeValue(forKey: code) != nil && !counts.values.contains { $0.new.location == code })
            try require(items.allSatisfy { $0.value.isEmpty(code) && reserved($0.key, code) == 0 })
            for sku in items.keys { items[sku]?.alerts[code] = nil }
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
            if let low = update.threshold { items[sku]?.alerts[""]?.rule.threshold = low }
            if let rearm = update.rearm { items[sku]?.alerts[""]?.rule.rearm = rearm }
            for change in update.thresholds ?? [] {
                try require(locations[change.location] != nil)
                let new = Alert(rule: AlertRule(), level: item.onHand[change.location] == nil ? .out : .ok)
                items[sku]?.alerts[change.location] = change.rule == nil ? nil : item.alerts[change.location] ?? new
                if let rule = change.rule { items[sku]?.alerts[change.location]?.rule = rule }
            }
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
                let (from, to) = (
                    Spot(place: place, state: line.fromState), Spot(place: line.destination ?? place, state: line.toState)
                )
                let open = counts.first {
                    $0.value.new.location == place && !$0.value.isClosed && $0.value.covers(sku, items[sku]?.id ?? 0)
                }
                if line.operation == .count, let open {
                    try require(locations[place] != nil)
                    report(quantity, of: sku, to: open.key, replaces: false)
                    continue
                }
                let difference = quantity - there
                switch line.operation {
                case .set, .count:
                    let spot = Spot(place: place, state: .available)
                    try go(sku, abs(difference), difference < 0 ? spot : nil, difference < 0 ? nil : spot, isForced: true)
                    if line.operation == .count { items[sku]?.counts[place] = clock }
                case .add: try go(sku, quantity, nil, to)
                case .subtract: try go(sku, quantity, from, nil, isForced: line.allowsNegative)
                default: try go(sku, quantity, from, to)
                }
                for location in [place, line.destination].compactMap(\.self) {
                    versions[sku, default: 0] += 1
                    try require(locations[location] != nil)
                }
            }
        case .acknowledge, .report: break
        }
    }

    private mutating func report(_ units: Int64, of sku: String, to id: String, replaces: Bool) {
        guard let item = items[sku], let count = counts[id] else { return }
        if let index = reports.firstIndex(where: { $0.count == id && $0.item == item.id }) {
            let old = reports[index]
            reports[index] = Report(
                count: id, opened: old.opened, item: item.id, product: item.product, serial: serial, previous: old.previous,
                at: clock,
                kind: old.kind, units: old.units + units)
            counts[id]?.lines[item.id]?.units += units
            return
        }
        let known = count.lines[item.id], before = replaces ? nil : known
        let isRecount = replaces && known != nil
        reports.append(
            Report(
                count: id, opened: count.opened, item: item.id, product: item.product, serial: serial, previous: before?.at,
                at: clock,
                kind: isRecount ? .recount : .part, units: units))
        counts[id]?.lines[item.id] = CountLine(
            units: (before?.units ?? 0) + units, at: clock, parts: (before?.parts ?? 0) + 1,
            since: isRecount ? serial : known?.since ?? serial)
    }

    private mutating func takeBack(_ report: Report) throws {
        guard let count = counts[report.count], count.opened == report.opened, !count.isClosed, report.kind == .part,
            var line = count.lines[report.item], line.since <= report.serial,
            items.values.contains(where: { $0.id == report.item && $0.product == report.product })
        else { throw Refused() }
        line.units -= report.units
        line.parts -= 1
        if line.at == report.at { line.at = report.previous ?? line.at }
        counts[report.count]?.lines[report.item] = line.parts == 0 ? nil : line
        reports.append(
            Report(
                count: report.count, opened: report.opened, item: report.item, product: report.product, serial: serial,
                previous: nil,
                at: clock, kind: .takenBack, units: 0))
    }

    private mutating func settle(_ id: String, mustPost: Bool) throws {
        guard var count = counts[id] else { throw Refused() }
        let place = count.new.location
        if !count.isClosed, count.new.missing == .zero {
            let all = Count(new: count.new, opened: 0)
            for (sku, item) in items where all.covers(sku, item.id) && item.onHand[place] ?? 0 != 0 && count.lines[item.id] == nil {
                count.lines[item.id] = CountLine(units: 0, at: clock, parts: 1, since: serial)
            }
        }
        let found = count.lines.map { item, line -> (sku: String, line: CountLine, variance: Int64?) in
            let sku = items.first { $0.value.id == item }?.key ?? ""
            let since = log.reduce(0) { $0 + ($1.item == item && $1.place == place && $1.at > line.at ? $1.units : 0) }
            let isOld = line.at < items[sku]?.counts[place] ?? .min
            return (sku, line, isOld ? nil : line.units - ((items[sku]?.onHand[place] ?? 0) - since))
        }
        guard mustPost || found.allSatisfy({ abs($0.variance ?? 0) <= count.new.tolerance }) else {
            count.isClosed = true
            counts[id] = count
            return
        }
        counts[id] = nil
        for (sku, line, variance) in found.sorted(by: { items[$0.sku]?.id ?? 0 < items[$1.sku]?.id ?? 0 }) {
            let (units, spot) = (variance ?? 0, variance.map { _ in Spot(place: place, state: .available) })
            try go(sku, abs(units), units < 0 ? spot : nil, units < 0 ? nil : spot, isForced: true, at: line.at)
            if variance != nil { items[sku]?.counts[place] = line.at }
            versions[sku, default: 0] += 1
        }
    }

    /// Ends what is over, in order, and returns the ids.
    mutating func expire(upTo now: Int64) throws -> [String] {
        let order = Dictionary(parts.enumerated().map { ($1.id, $0) }) { first, _ in first }
        let over = ends.filter { $0.value <= now }.keys.sorted { (ends[$0]!, order[$0]!) < (ends[$1]!, order[$1]!) }
        for id in over { try take(id, nil, isCapture: false) }
        for id in over { close(id) }
        judge()
        return over
    }

    func reserved(_ sku: String, _ location: String, from index: Int = 0) -> Int64 {
        parts[index...].reduce(0) { $0 + ($1.sku == sku && $1.location == location ? $1.held : 0) }
    }

    func available(_ sku: String, _ location: String) -> Int64 {
        max(0, (items[sku]?.usable(location) ?? 0) - reserved(sku, location))
    }

    func stock(_ sku: String) -> Int64 {
        (items[sku]?.onHand.keys ?? [:].keys).reduce(0) { $0 + (locations[$1]?.sells == true ? available(sku, $1) : 0) }
    }

    /// What of a part is not on hand: the youngest reservations go short first.
    func short(_ index: Int) -> Int64 {
        let part = parts[index]
        let missing = reserved(part.sku, part.location) - (items[part.sku]?.usable(part.location) ?? 0)
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
                if isCapture { try go(part.sku, units, Spot(place: part.location, state: .available), nil, isForced: true) }
                try require(!isCapture || (items[part.sku]?.usable(part.location) ?? 0) >= 0)
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

    /// Takes units from a state at a place to another, or from or to outside. Where it was counted since what is undone happened, the
    /// units on hand are right already.
    private mutating func go(
        _ sku: String, _ units: Int64, _ from: Spot?, _ to: Spot?, isForced: Bool = false, undoneAt: Int64 = .max, at: Int64? = nil
    ) throws {
        guard let item = items[sku] else { throw Refused() }
        let isMove = from != nil && from?.place == to?.place
        func isCounted(_ spot: Spot) -> Bool { undoneAt < item.counts[spot.place] ?? .min }
        func isDone(_ spot: Spot, _ other: Spot?) -> Bool {
            !isCounted(spot) || spot.state == .incoming && isMove || isMove && other?.state != .incoming
        }
        steps.append(
            Step(
                item: item.id, product: item.product, units: units, from: from.flatMap { isDone($0, to) ? $0 : nil },
                to: to.flatMap { isDone($0, from) ? $0 : nil }, at: at ?? clock))
        for (spot, units) in [(from, -units), (to, units)] {
            guard let spot, spot.state != .incoming, !isCounted(spot) else { continue }
            log.append((item.id, spot.place, units, at ?? clock))
        }
        if let from {
            let apart = item.apart[from.place]?[from.state] ?? 0
            let isFound = isMove && [.damaged, .inspection].contains(to?.state)
            let there =
                switch from.state {
                case .available: isFound ? item.usable(from.place) : available(sku, from.place)
                case .incoming: apart
                default: min(apart, max(0, item.onHand[from.place] ?? 0))
                }
            try require((units <= there || isForced || isCounted(from)) && locations[from.place] != nil)
            items[sku]?.put(-units, from.place, from.state, isCounted: isCounted(from))
        }
        if let to {
            try require(locations[to.place] != nil)
            items[sku]?.put(units, to.place, to.state, isCounted: isCounted(to))
        }
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
        var alerts = ["": Alert(rule: new.alerts)]
        for change in new.thresholds {
            try require(locations[change.location] != nil)
            alerts[change.location] = change.rule.map { Alert(rule: $0) }
        }
        items[new.sku] = Item(
            id: id, product: product, isDefault: isDefault, price: price, codes: new.barcodes, onHand: [:], alerts: alerts)
    }

    private mutating func remove(where condition: (Item) -> Bool) throws -> Int {
        let gone = items.filter { condition($0.value) }
        try require(gone.values.allSatisfy { item in locations.keys.allSatisfy { item.isEmpty($0) } })
        try require(!parts.contains { gone[$0.sku] != nil })
        for sku in gone.keys { items[sku] = nil }
        for id in counts.keys { for item in gone.values { counts[id]?.lines[item.id] = nil } }
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
