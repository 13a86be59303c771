import TallywireCore

/// A state with a small catalogue, and short ways to ask things of it.
struct Inventory {
    var state = InventoryState()
    private(set) var events: [Event] = []
    private var nextID = 1
    var now = Timestamp(milliseconds: 1_795_365_600_123)

    /// `MAIN` and `STORE` sell, `YARD` does not. Product 1 has the variants 11 (`TEE-RED`, with a single code and a case of twelve) and 12
    /// (`TEE-BLUE`); product 2 has the default variant 21 (`MUG`).
    init() {
        run(.createLocation(.main))
        run(.createLocation(Location(code: "STORE", name: "Store")))
        run(.createLocation(Location(code: "YARD", name: "Yard", sells: false)))
        run(
            .createProduct(
                NewProduct(
                    id: ProductID(1), name: "Tee", price: Price("19.99"),
                    content: .variants([
                        NewVariant(
                            id: VariantID(11), sku: "TEE-RED", name: "Red",
                            barcodes: [Barcode(code: "4006381333931"), Barcode(code: "14006381333938", units: 12)]),
                        NewVariant(id: VariantID(12), sku: "TEE-BLUE", name: "Blue", price: Price("24.50")),
                    ]))))
        run(
            .createProduct(
                NewProduct(
                    id: ProductID(2), name: "Mug", price: Price("7"),
                    content: .single(NewVariant(id: VariantID(21), sku: "MUG", name: "Mug")))))
    }

    @discardableResult
    mutating func run(_ action: Command.Action, _ circumstances: Circumstances = Circumstances()) -> Outcome {
        let id = "m-\(nextID)"
        nextID += 1
        let command = Command(id: id, source: "test", action: action)
        if let rejection = command.validate() { return .rejected(rejection) }
        let decision = state.decide(command, id: id, now: now, circumstances)
        events += decision.events
        return decision.outcome
    }

    /// Decides a command as the engine does that has looked up its circumstances.
    mutating func decide(_ command: Command, _ circumstances: Circumstances) -> Outcome {
        let decision = state.decide(command, id: command.id ?? "", now: now, circumstances)
        events += decision.events
        return decision.outcome
    }

    @discardableResult
    mutating func move(_ lines: Movement.Line...) -> Outcome { run(.move(Movement(reason: "test", lines: lines))) }

    mutating func add(_ units: Int64, _ sku: String, at location: String = "MAIN") { move(.add(units, sku, at: location)) }

    func variant(_ sku: String) -> Variant? { state.variant(withSKU: sku).flatMap { state.variants[$0] } }

    /// The events since `count` were there.
    func events(since count: Int) -> [Event] { Array(events.dropFirst(count)) }
}

extension Movement.Line {
    static func add(_ units: Int64, _ sku: String, at location: String = "MAIN") -> Self {
        Self(item: .sku(sku), location: location, operation: .add, quantity: units)
    }

    static func subtract(_ units: Int64, _ sku: String, at location: String = "MAIN", expected: Int64? = nil) -> Self {
        Self(item: .sku(sku), location: location, operation: .subtract, quantity: units, expected: expected)
    }

    static func set(_ units: Int64, _ sku: String, at location: String = "MAIN") -> Self {
        Self(item: .sku(sku), location: location, operation: .set, quantity: units)
    }

    static func transfer(_ units: Int64, _ sku: String, from: String = "MAIN", to: String) -> Self {
        Self(item: .sku(sku), location: from, operation: .transfer, quantity: units, destination: to)
    }
}

extension Event {
    var update: InventoryUpdated? { if case .inventoryUpdated(let update) = body { update } else { nil } }
    var alert: StockAlert? { if case .stockAlert(let alert) = body { alert } else { nil } }
    var text: String { String(decoding: json, as: UTF8.self) }
}
