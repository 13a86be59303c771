import Foundation
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireCore

/// The state machine beside a model that is too simple to be wrong in the same way, command by command.
@Suite("The state beside a naive model")
struct StateModelTests {
    @Test("random commands do what the model says, fold to the same state, and can be taken back", arguments: 0..<UInt64(60))
    func random(hundred: UInt64) throws {
        var (applied, refused, expired, reversed) = (0, 0, 0, 0)
        for seed in 100 * hundred..<100 * hundred + 100 {
            var commands = RandomCommands(seed: seed)
            var run = Run()
            do {
                // Most begin with something in stock, the others with nothing at all.
                if seed % 4 > 0 { try run.stock() }
                for _ in 0..<10 { try run.batch((0..<Int.random(in: 1...6, using: &commands.random)), &commands) }
            } catch {
                Issue.record("seed \(seed) of the random commands")
                throw error
            }
            (applied, refused, expired) = (applied + run.applied, refused + run.refused, expired + run.expired)
            reversed += run.reversed
        }
        #expect(reversed > 15 && applied > 700 && refused > 400 && expired > 10, "the commands are too much alike")
    }
}

/// A state, what has to be true of it, and the same state folded from the events that were kept.
private struct Run {
    private var state = InventoryState()
    private var model = NaiveInventory()
    private var replica = InventoryState()
    private var now = Timestamp(milliseconds: 1_795_365_600_123)
    private var commands = 0
    private(set) var expired = 0
    private(set) var applied = 0
    private(set) var refused = 0
    private(set) var reversed = 0
    /// What a journal would know of the applied commands.
    private var recorded: [String: RecordedMovement] = [:]
    private var moved: [Event] = []

    /// Two items at two locations.
    mutating func stock() throws {
        let variants = ["TEE", "MUG"].map { NewVariant(sku: $0, name: "Kind") }
        let lines = ["TEE", "MUG"].flatMap { sku in
            ["MAIN", "WH1"].map { Movement.Line(item: .sku(sku), location: $0, operation: .add, quantity: 25) }
        }
        for action in [
            .createLocation(.main), .createLocation(Location(code: "WH1", name: "Place")),
            .createProduct(NewProduct(name: "Thing", content: .variants(variants))), .move(Movement(lines: lines)),
        ] as [Command.Action] {
            for event in try decide(action) { try replica.fold(event) }
        }
    }

    /// Decides a batch as the engine does: all of it is kept, or all is taken back.
    mutating func batch(_ count: Range<Int>, _ commands: inout RandomCommands) throws {
        state.forgetChanges()
        let before = (state: Everything(state), model: model, recorded: recorded, moved: moved)
        var events: [Event] = []
        events += try passTime(Int64.random(in: 0..<8_000, using: &commands.random))
        for _ in count {
            events += try decide(commands.next(in: state))
            guard Int.random(in: 0..<6, using: &commands.random) == 0 else { continue }
            let id = "id-\(Int.random(in: max(0, self.commands - 9)...self.commands, using: &commands.random))"
            events += try decide(.reverse(Reversal(.movement(id: id, device: nil))))
        }
        if Int.random(in: 0..<3, using: &commands.random) == 0 {
            state.undo(state.changes)
            (model, recorded, moved) = (before.model, before.recorded, before.moved)
            try #require(Everything(state) == before.state, "what was taken back has left something behind")
        } else {
            for event in events { try replica.fold(JSONDecoder().decode(Event.self, from: Data(event.json))) }
            try #require(Everything(replica) == Everything(state), "the events fold to another state")
        }
    }

    private mutating func passTime(_ milliseconds: Int64) throws -> [Event] {
        now = Timestamp(milliseconds: now.milliseconds + milliseconds)
        var (events, ended): ([Event], [String]) = ([], [])
        while let next = state.nextToExpire(), next.expiresAt <= now {
            let decision = state.expire(next, id: "end", source: "test", now: now)
            try #require(decision.fault == nil)
            events += decision.events
            moved += decision.events.filter { $0.update?.stockChange != nil }
            ended.append(next.id)
        }
        try #require(try ended == model.expire(upTo: now.milliseconds), "in the order of their ends")
        expired += ended.count
        try #require(Stock(state) == Stock(model), "after \(ended) expired")
        return events
    }

    private mutating func decide(_ action: Command.Action) throws -> [Event] {
        let command = Command(source: "test", action: action)
        try #require(command.validate() == nil)
        let (seq, seen) = (state.seq, state.variants)
        commands += 1
        var original: RecordedMovement?
        if case .reverse(let reversal) = action, case .movement(let id, _) = reversal.subject { original = recorded[id] }
        let circumstances = Circumstances(changesOfCounted: changes(of: action), original: original)
        let decision = state.decide(command, id: "id-\(commands)", now: now, circumstances)
        moved += decision.events.filter { $0.update?.stockChange != nil }
        var next = model
        do {
            try next.apply(action, id: "id-\(commands)", now: now.milliseconds)
            // The model numbers no alerts: an acknowledgement is right where there is the alert.
            if case .acknowledge(let reply) = action, seen[reply.variant]?.openAlert(reply.alertSeq) == nil {
                throw NaiveInventory.Refused()
            }
            try #require(decision.outcome.receipt != nil, "\(action) is \(decision.outcome)")
            model = next
            applied += 1
            record(decision, of: "id-\(commands)", reversing: original)
        } catch is NaiveInventory.Refused {
            try #require(decision.outcome.rejection != nil, "\(action) was applied")
            // That nothing else changed is seen when the events are folded.
            try #require(decision.events.isEmpty && state.seq == seq, "the refused \(action) changed something")
            refused += 1
        }
        let known = Stock(model)
        try #require(Stock(state) == known, "after \(action)")
        var told: Set<String> = []
        for case let update? in decision.events.reversed().map(\.update) where told.insert(update.sku).inserted {
            guard known.items[update.sku]?.id == update.variantID.rawValue else { continue }
            try #require(update.totals == known.totals(of: update.sku), "\(update.sku) after \(action)")
        }
        return decision.events
    }
}

extension Run {
    /// What moved since the lines of a count were counted, as the engine looks it up.
    private func changes(of action: Command.Action) -> [VariantID: Int64] {
        guard case .useCount(let use) = action, use.isSettling, let count = state.count(use.count) else { return [:] }
        return count.lines.reduce(into: [:]) { changes, line in
            changes[line.variant] = moved.reduce(0) { total, event in
                guard let update = event.update, update.variantID == line.variant, let change = update.stockChange,
                    change.location == count.location, change.count?.at ?? event.timestamp > line.countedAt
                else { return total }
                return total + (change.onHandChange ?? 0)
            }
        }
    }

    private mutating func record(_ decision: Decision, of id: String, reversing original: RecordedMovement?) {
        recorded[id] = RecordedMovement(
            key: id, id: id, changes: decision.events.compactMap(\.update).filter { $0.stockChange != nil },
            reports: decision.events.filter { event in
                if case .countChanged(let change) = event.body { change.lines.contains { $0.quantity != nil } } else { false }
            }, at: now)
        guard let original else { return }
        reversed += 1
        recorded[original.id] = RecordedMovement(
            key: original.key, id: original.id, reversedBy: id, changes: original.changes, reports: original.reports,
            at: original.at)
    }
}

/// What the model knows, of the model and of a state.
private struct Stock: Equatable {
    var items: [String: NaiveInventory.Item] = [:]
    var articles: [Int64: NaiveInventory.Article] = [:]
    var stock: [String: Int64] = [:]
    var versions: [String: Int64] = [:]
    var totals: [Int64: Int64] = [:]
    let locations: [String: Location]
    var ends: [String: Int64] = [:]
    var parts: [String: [Held]] = [:]
    var counts: [String: Counted] = [:]

    struct Counted: Equatable {
        let isClosed: Bool
        /// By variant, what was counted, when, and in how many parts.
        let lines: [Int64: [Int64]]
    }

    struct Held: Equatable {
        let part: NaiveInventory.Part
        let short: Int64
    }

    var reserved: [String: [String: Int64]] = [:]

    /// The units of an item at the locations that sell; `nil` if there is no such item.
    func totals(of sku: String) -> StockTotals? {
        guard let item = items[sku] else { return nil }
        func total(_ units: [String: Int64]) -> Int64 {
            units.reduce(0) { $0 + (locations[$1.key]?.sells == true ? $1.value : 0) }
        }
        return StockTotals(onHand: total(item.onHand), reserved: total(reserved[sku] ?? [:]))
    }

    init(_ model: NaiveInventory) {
        locations = model.locations
        articles = model.articles
        for id in articles.keys { totals[id] = 0 }
        for (sku, item) in model.items {
            items[sku] = item
            // What never was at a place and what is there no more is the same.
            items[sku]?.onHand = item.onHand.filter { $0.value != 0 }
            items[sku]?.apart = item.apart.mapValues { $0.filter { $0.value != 0 } }.filter { !$0.value.isEmpty }
            stock[sku] = model.stock(sku)
            reserved[sku] = item.onHand.keys.reduce(into: [:]) { $0[$1] = model.reserved(sku, $1) }.filter { $0.value != 0 }
            versions[sku] = model.versions[sku] ?? 0
            totals[item.product, default: 0] += stock[sku] ?? 0
        }
        counts = model.counts.mapValues { count in
            Counted(isClosed: count.isClosed, lines: count.lines.mapValues { [$0.units, $0.at, $0.parts] })
        }
        ends = model.ends
        for (index, part) in model.parts.enumerated() {
            parts[part.id, default: []].append(Held(part: part, short: model.short(index)))
        }
    }

    init(_ state: InventoryState) {
        locations = state.locations
        for product in state.products.values {
            articles[product.id.rawValue] = .init(price: product.price, status: product.status, isSingle: product.hasDefaultVariant)
            totals[product.id.rawValue] = product.totalStock
        }
        for variant in state.variants.values {
            items[variant.sku] = .init(
                id: variant.id.rawValue, product: variant.productID.rawValue, isDefault: variant.isDefault, price: variant.ownPrice,
                codes: variant.barcodes,
                onHand: Dictionary(
                    uniqueKeysWithValues: variant.balances.filter { $0.onHand != 0 }.map { ($0.location, $0.onHand) }),
                apart: Dictionary(
                    uniqueKeysWithValues: variant.balances.filter { $0.details != nil }.map { balance in
                        let counts = StockState.counted.map { ($0, balance.units(in: $0)) }.filter { $0.1 != 0 }
                        return (balance.location, Dictionary(uniqueKeysWithValues: counts))
                    }
                ).filter { !$0.value.isEmpty },
                alerts: variant.thresholds.reduce(
                    into: ["": .init(rule: variant.alerts, level: variant.level, isOpen: variant.alert != nil)]
                ) { $0[$1.location] = .init(rule: $1.rule, level: $1.level, isOpen: $1.alert != nil) },
                warned: Set(variant.balances.filter { $0.onHand < 0 }.map(\.location)),
                counts: Dictionary(
                    uniqueKeysWithValues: variant.balances.compactMap { balance in
                        balance.countedAt.map { (balance.location, $0.milliseconds) }
                    }))
            stock[variant.sku] = variant.stock
            reserved[variant.sku] = Dictionary(
                uniqueKeysWithValues: variant.balances.filter { $0.reserved != 0 }.map { ($0.location, $0.reserved) })
            versions[variant.sku] = variant.version
        }
        for count in state.runningCounts {
            counts[count.id] = Counted(
                isClosed: count.status == .closed,
                lines: Dictionary(
                    uniqueKeysWithValues: count.lines.map {
                        ($0.variant.rawValue, [$0.counted, $0.countedAt.milliseconds, $0.parts])
                    }))
        }
        for reservation in state.openReservations {
            ends[reservation.id] = reservation.expiresAt.milliseconds
            parts[reservation.id] = reservation.holds.map {
                Held(
                    part: .init(
                        id: reservation.id, location: $0.location, sku: state.variants[$0.variant]?.sku ?? $0.sku,
                        quantity: $0.quantity, captured: $0.captured,
                        released: $0.released), short: $0.short)
            }
        }
    }
}

/// All that a state answers, for every key that the commands use.
private struct Everything: Equatable {
    let seq: UInt64
    let products: [ProductID: Product]
    let variants: [VariantID: Variant]
    let locations: [String: Location]
    let lastIDs: InventoryState.LastIDs
    let firstVersions: [Int64]
    let reservations: [String: Reservation]
    let counts: [String: StockCount]
    /// As the variant's removal and its shortages see them.
    let holders: [VariantID: [String]]
    let next: String?
    let found: [VariantID?]
    let units: [Int64?]

    init(_ original: InventoryState) {
        var state = original
        seq = state.seq
        reservations = Dictionary(uniqueKeysWithValues: state.openReservations.map { ($0.id, $0) })
        counts = Dictionary(uniqueKeysWithValues: state.runningCounts.map { ($0.id, $0) })
        holders = state.variants.mapValues { variant in state.reservations.holders(of: variant.id).map(\.id) }
        next = state.nextToExpire()?.id
        products = state.products
        variants = state.variants
        locations = state.locations
        lastIDs = state.lastIDs
        firstVersions = RandomCommands.skus.map { state.firstVersion(ofSKU: $0) }
        let items = RandomCommands.skus.map { state.resolve(.sku($0)) } + RandomCommands.codes.map { state.resolve(.barcode($0)) }
        found = items.map { $0?.variant }
        units = items.map { $0?.units }
    }
}

extension NewReservation.End {
    var milliseconds: Int64 { if case .after(let duration) = self { duration.wholeMilliseconds } else { 0 } }
}

extension NewProduct {
    /// What there is of it to sell, whether it has variants or not.
    var variants: [NewVariant] {
        switch content {
        case .single(let variant): [variant]
        case .variants(let variants): variants
        }
    }

    var single: NewVariant? { if case .single(let variant) = content { variant } else { nil } }
}
