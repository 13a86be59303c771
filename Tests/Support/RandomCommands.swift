import TallywireCore
import TallywireTesting

/// Commands by seed. They use so few keys that they affect each other: most can be applied, and each kind of rejection occurs.
public struct RandomCommands {
    public static let skus = ["TEE", "MUG", "CAP", "PEN", "BAG"]
    /// The code of each SKU, and a case of it.
    public static let codes = skus.flatMap { [code(of: $0).code, code(of: $0, units: 12).code] }

    public var random: SplitMix
    private var locations = ["MAIN", "WH1", "YARD"]

    public init(seed: UInt64) { random = SplitMix(state: seed) }

    private static func code(of sku: String, units: Int64 = 1) -> Barcode {
        Barcode(code: "\(sku)-\(units)", units: units)
    }

    public mutating func next(in state: InventoryState) -> Command.Action {
        // Until something exists, all other commands are rejected.
        if state.locations.isEmpty { return .createLocation(Location(code: pick(locations), name: "Place")) }
        if state.variants.isEmpty, chance(2) { return .createProduct(newProduct(in: state)) }
        return switch Int.random(in: 0..<30, using: &random) {
        case 0:
            .createLocation(Location(code: pick(locations), name: "Place", sells: chance(2), priority: pick([0, 0, 7])))
        case 1: .createProduct(newProduct(in: state))
        case 2: .addVariant(product(in: state), variant(in: state))
        case 3, 4:
            .updateProduct(
                product(in: state),
                ProductUpdate(
                    name: pick([nil, "Other"]), status: chance(3) ? pick(ProductStatus.allCases) : nil, price: newPrice())
            )
        case 5, 6:
            .updateVariant(
                variantID(in: state),
                VariantUpdate(
                    name: pick([nil, "Other"]), price: newPrice(), threshold: chance(2) ? nil : quantity(),
                    rearm: chance(3) ? quantity() : nil, thresholds: chance(2) ? nil : thresholds(in: state)))
        case 7: .removeVariant(variantID(in: state))
        case 8:
            chance(3)
                ? .removeProduct(product(in: state))
                : .report(.device(DeviceChanged(device: "dock-1", source: "mqtt", isOnline: true, lastSeen: nil, reason: "test")))
        case 9: acknowledgement(in: state)
        case 10, 11: .updateVariant(variantID(in: state), VariantUpdate(sku: pick(Self.skus), name: "Other", price: newPrice()))
        case 12:
            .updateLocation(
                location(in: state),
                LocationUpdate(name: pick([nil, "Other"]), sells: pick([nil, true, false]), priority: pick([nil, 0, 9])))
        case 13, 14: removal(of: location(in: state), in: state)
        case 15...17:
            .reserve(
                NewReservation(
                    reference: pick([nil, "order"]), end: .after(.seconds(Int64.random(in: 1...40, using: &random))),
                    isPartial: chance(3), lines: (0..<pick([1, 1, 2, 3])).map { _ in reservationLine(in: state) }))
        case 18, 19:
            .useReservation(
                ReservationUse(
                    reservation: reservation(in: state),
                    kind: pick([.capture(keepsRest: true), .capture(keepsRest: false), .release]),
                    lines: chance(3) ? nil : (0..<pick([1, 1, 2])).map { _ in useLine(in: state) }))
        case 20: .endReservation(reservation(in: state), .after(.seconds(Int64.random(in: 1...40, using: &random))))
        case 21: .openCount(newCount(in: state))
        case 22, 23: .useCount(CountUse(count: count(in: state), kind: countUse(in: state), by: "worker"))
        default: .move(Movement(lines: (0..<pick([1, 1, 2, 4])).map { _ in line(in: state) }))
        }
    }

    private mutating func line(in state: InventoryState) -> Movement.Line {
        if chance(8) {
            let use = useLine(in: state)
            return Movement.Line(
                item: use.item, location: use.location, operation: .capture, quantity: use.quantity,
                reservation: reservation(in: state))
        }
        let (from, operation) = (
            location(in: state), pick([.set, .count, .add, .add, .add, .subtract, .transfer, .move] as [TallywireCore.Operation])
        )
        let sku = chance(8) ? pick(Self.skus) : state.variants[variantID(in: state)]?.sku ?? pick(Self.skus)
        let item: ItemReference =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: .variant(variantID(in: state))
            case 1: .barcode(pick(Self.codes))
            default: .sku(sku)
            }
        let there = state.variant(withSKU: sku).flatMap { state.variants[$0]?.balance(at: from).available }
        let states = states(of: operation)
        return Movement.Line(
            item: item, location: from, operation: operation, quantity: quantity() + operation.leastQuantity,
            destination: operation.hasDestination ? pick(locations.filter { $0 != from }) : nil,
            expected: operation != .count && chance(6) ? there ?? 0 : nil, fromState: states.from, toState: states.to,
            allowsNegative: operation == .subtract && states.from == .available && chance(4))
    }

    /// States that a line with this operation may name.
    private mutating func states(of operation: TallywireCore.Operation) -> (from: StockState, to: StockState) {
        guard operation == .move || chance(4) else { return (.available, .available) }
        let onHand = StockState.allCases.filter(\.isOnHand)
        let from = pick(operation == .transfer ? onHand : StockState.allCases)
        let to = pick(operation == .move ? onHand.filter { $0 != from } : StockState.allCases)
        return (operation.takesFromState ? from : .available, operation.putsIntoState ? to : .available)
    }

    /// Removes a location, or takes everything away from there.
    private func removal(of location: String, in state: InventoryState) -> Command.Action {
        let there = state.variants.values.map { ($0.id, $0.balance(at: location)) }.sorted { $0.0 < $1.0 }
        let lines = there.flatMap { id, balance in
            var lines: [Movement.Line] = []
            if balance.incoming > 0 {
                lines.append(
                    Movement.Line(
                        item: .variant(id), location: location, operation: .subtract, quantity: balance.incoming,
                        fromState: .incoming))
            }
            if balance.onHand != 0 {
                lines.append(Movement.Line(item: .variant(id), location: location, operation: .set, quantity: 0))
            }
            return lines
        }
        return lines.isEmpty ? .removeLocation(location) : .move(Movement(lines: lines))
    }

    private mutating func reservationLine(in state: InventoryState) -> NewReservation.Line {
        NewReservation.Line(
            item: chance(4) ? .barcode(pick(Self.codes)) : .variant(variantID(in: state)), quantity: max(1, quantity() / 2),
            locations: chance(2) ? nil : (0..<pick([1, 2])).map { _ in location(in: state) })
    }

    private mutating func useLine(in state: InventoryState) -> ReservationUse.Line {
        ReservationUse.Line(
            item: chance(4) ? .barcode(pick(Self.codes)) : .variant(variantID(in: state)), quantity: pick([1, 1, 2, 5]),
            location: chance(3) ? location(in: state) : nil)
    }

    /// A reservation's id, which is open in most cases.
    private mutating func reservation(in state: InventoryState) -> String {
        chance(8) ? "none" : state.openReservations.map(\.id).sorted().randomElement(using: &random) ?? "none"
    }

    private mutating func newCount(in state: InventoryState) -> NewCount {
        let scopes: [StockCount.Scope] = [.everything, .everything, .prefix(pick(["T", "M", "C"])), .skus([pick(Self.skus)])]
        return NewCount(
            location: location(in: state), scope: pick(scopes), isBlind: chance(4), tolerance: pick([0, 0, 5, 1_000]),
            missing: pick([.keep, .zero]), by: "worker")
    }

    private mutating func countUse(in state: InventoryState) -> CountUse.Kind {
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1: return .close(reason: nil)
        case 2: return .post(reason: "count")
        case 3: return .void
        default:
            let lines = (0..<pick([1, 1, 2])).map { _ in CountUse.Line(item: useLine(in: state).item, quantity: quantity()) }
            return .count(lines, replaces: chance(4))
        }
    }

    /// A count's id, which has not ended in most cases.
    private mutating func count(in state: InventoryState) -> String {
        chance(8) ? "none" : state.runningCounts.map(\.id).sorted().randomElement(using: &random) ?? "none"
    }

    private mutating func acknowledgement(in state: InventoryState) -> Command.Action {
        let id = variantID(in: state)
        let open = state.variants[id].map { [$0.alert] + $0.thresholds.map(\.alert) } ?? []
        return .acknowledge(AlertReply(variant: id, alertSeq: pick(open.compactMap { $0?.seq } + [1]), by: "worker"))
    }

    private mutating func thresholds(in state: InventoryState) -> [ThresholdChange] {
        var rules: [String: AlertRule?] = [:]
        for _ in 0..<pick([0, 1, 2]) {
            rules[location(in: state)] = .some(chance(4) ? nil : AlertRule(threshold: quantity(), rearm: pick([0, 0, 3])))
        }
        return [ThresholdChange](rules)
    }

    private mutating func newProduct(in state: InventoryState) -> NewProduct {
        NewProduct(
            id: chance(2) ? nil : ProductID(Int64.random(in: 1...6, using: &random)), name: "Thing", price: price(),
            content: content(in: state))
    }

    private mutating func content(in state: InventoryState) -> NewProduct.Content {
        chance(3) ? .single(variant(in: state)) : .variants((0..<pick([1, 2])).map { _ in variant(in: state) })
    }

    private mutating func variant(in state: InventoryState) -> NewVariant {
        let sku = pick(Self.skus)
        let codes = chance(3) ? [] : [Self.code(of: sku), Self.code(of: sku, units: 12)]
        return NewVariant(
            id: chance(2) ? nil : VariantID(Int64.random(in: 1...30, using: &random)), sku: sku, name: "Kind", price: price(),
            barcodes: codes, alerts: AlertRule(threshold: quantity(), rearm: pick([0, 0, 3])),
            thresholds: chance(2) ? [] : thresholds(in: state))
    }

    private mutating func product(in state: InventoryState) -> ProductID {
        chance(6)
            ? ProductID(Int64.random(in: 1...6, using: &random))
            : state.products.keys.sorted().randomElement(using: &random) ?? ProductID(1)
    }

    /// A variant's id, which exists in most cases.
    private mutating func variantID(in state: InventoryState) -> VariantID {
        chance(8)
            ? VariantID(Int64.random(in: 1...30, using: &random))
            : state.variants.keys.sorted().randomElement(using: &random) ?? VariantID(1)
    }

    private mutating func location(in state: InventoryState) -> String {
        chance(10) ? pick(locations) : state.locations.keys.sorted().randomElement(using: &random) ?? pick(locations)
    }

    private mutating func quantity() -> Int64 { chance(30) ? Limits.largestQuantity - 1 : Int64.random(in: 0...20, using: &random) }
    private mutating func price() -> Price? { pick([nil, Price("5"), Price("7.50")]) }
    private mutating func newPrice() -> Price?? { chance(2) ? nil : .some(price()) }
    private mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }
    /// True once in `n` times.
    private mutating func chance(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &random) == 0 }
}
