import TallywireCore

/// A small catalogue with stock, a reservation “basket” and an open count “basket”, by which commands are decided that inputs lead to.
enum Shop {
    static let now = Timestamp(milliseconds: 1_795_365_600_000)

    private static let state: InventoryState = {
        var state = InventoryState()
        let tee = NewProduct(
            id: ProductID(1), name: "Tee", price: Price("19.99"),
            content: .variants([
                NewVariant(id: VariantID(11), sku: "TEE", name: "Tee", barcodes: [Barcode(code: "4006381333931")]),
                NewVariant(id: VariantID(12), sku: "CASE", name: "Case", barcodes: [Barcode(code: "14006381333938", units: 12)]),
            ]))
        for action: Command.Action in [
            .createLocation(.main), .createLocation(Location(code: "WH1", name: "Warehouse", sells: true)), .createProduct(tee),
            .move(
                Movement(lines: [
                    Movement.Line(item: .sku("TEE"), location: "WH1", operation: .set, quantity: Limits.largestQuantity)
                ])),
            .move(Movement(lines: [Movement.Line(item: .sku("CASE"), location: "MAIN", operation: .set, quantity: 5)])),
            .reserve(NewReservation(lines: [.init(item: .sku("TEE"), quantity: 2), .init(item: .sku("CASE"), quantity: 1)])),
            .openCount(NewCount(location: "WH1", scope: .prefix("T"), by: "fuzz")),
        ] {
            let decision = state.decide(Command(source: "fuzz", action: action), id: "basket", now: now)
            require(decision.outcome.receipt != nil, "\(action) is \(decision.outcome)")
        }
        return state
    }()

    /// Validates and decides a command as the engine does, and writes what came of it.
    static func decide(_ command: Command) {
        if let rejection = command.validate() { return require(!rejection.message.isEmpty, "a refusal without words") }
        var state = state
        let decision = state.decide(command, id: command.id ?? "made", now: now)
        for event in decision.events { require(!event.json.contains(0x0A), "an event in more than one line") }
        for variant in state.variants.values {
            require((0...Limits.largestBalance).contains(variant.stock), "\(variant.sku) has \(variant.stock)")
        }
    }
}
