import TallywireCore
import TallywireTesting

/// A catalogue of odd names, codes, prices, stocks and locations, the same for the same seed.
struct RandomShop {
    private(set) var state = CatalogueShop.of([])
    private var random: SplitMix
    private var locations = ["MAIN"]
    /// Codes that are read as something else where they are not written with care.
    private var oddCodes = [
        "NONE", "None", "none", "5E3", "4.00638E+12", " e\u{301} ", "\"\u{301}", "36000291452", "4,006,381,333,931", "#N/A", "X*12",
        "=1",
        "\u{FEFF}4006381333931\n", "4", "006",
    ]

    init(seed: Int) {
        random = SplitMix(state: UInt64(seed))
        oddCodes.shuffle(using: &random)
        for index in 0..<Int.random(in: 0...3, using: &random) {
            let code = "L\(index)'"
            locations.append(code)
            apply(.createLocation(Location(code: code, name: text(2), sells: chance(), priority: priority())))
        }
        for number in 0..<6 { createProduct(number) }
        leaveOneWithoutVariants()
        for sku in skus {
            for location in locations where chance() { count(sku, at: location) }
        }
        precondition(!state.variants.isEmpty)
    }

    private var skus: [String] { state.variants.values.map(\.sku).sorted() }

    /// Gives all values that may change others, and the barcodes to other variants. Ids, SKUs and codes of locations stay.
    mutating func change() {
        for code in locations {
            apply(.updateLocation(code, LocationUpdate(name: text(2), sells: chance(), priority: priority())))
        }
        for product in state.products.keys.sorted() {
            let update = ProductUpdate(
                name: text(3), status: ProductStatus.allCases.randomElement(using: &random), price: .some(price()))
            apply(.updateProduct(product, update))
        }
        var codes: [Barcode] = []
        for id in state.variants.keys.sorted() {
            codes += state.variants[id]?.barcodes ?? []
            apply(.updateVariant(id, VariantUpdate(barcodes: [])))
        }
        codes.shuffle(using: &random)
        for id in state.variants.keys.sorted() {
            guard let variant = state.variants[id] else { continue }
            let taken = Array(codes.prefix(Int.random(in: 0...3, using: &random)))
            codes.removeFirst(taken.count)
            apply(
                .updateVariant(
                    id,
                    VariantUpdate(
                        name: variant.isDefault ? nil : text(2), price: variant.isDefault ? nil : .some(price()), barcodes: taken,
                        threshold: .random(in: 0...9, using: &random), rearm: .random(in: 0...3, using: &random),
                        thresholds: locations.map { ThresholdChange(location: $0, rule: chance() ? rule() : nil) })))
            for balance in variant.balances { count(variant.sku, at: balance.location) }
        }
    }

    // MARK: What it is made of

    private mutating func apply(_ action: Command.Action) {
        let refusal = CatalogueShop.apply(action, to: &state)
        precondition(refusal == nil, refusal ?? "")
    }

    private mutating func chance() -> Bool { Bool.random(using: &random) }

    private mutating func text(_ length: Int) -> String {
        let pieces = [
            "=", "+", "-", "@", "'", "\"", ",", ";", " ", "*", "é", "e\u{301}", "a", "B", "7", "none", "\u{1F600}", "ß",
            "\"\u{301}",
            "\u{200D}",
        ]
        let inner = (0..<length).map { _ in pieces.randomElement(using: &random) ?? "x" }.joined()
        return "\(pieces.filter { $0 != " " }.randomElement(using: &random) ?? "x")\(inner)x"
    }

    private mutating func priority() -> Int64 { chance() ? 0 : .random(in: 1...1_000_000, using: &random) }
    private mutating func price() -> Price? { chance() ? Price(hundredths: .random(in: 0...3, using: &random)) : nil }

    private mutating func barcodes(_ number: Int) -> [Barcode] {
        (0..<Int.random(in: 0...2, using: &random)).map { index in
            let code = chance() ? oddCodes.popLast() : nil
            return Barcode(code: code ?? "\(text(1)) \(number) \(index)", units: .random(in: 1...3, using: &random))
        }
    }

    private mutating func variant(_ name: String, _ number: Int) -> NewVariant {
        NewVariant(
            sku: "=S\(number)", name: name, price: price(), barcodes: barcodes(number),
            alerts: rule(),
            thresholds: locations.filter { _ in chance() }.map { ThresholdChange(location: $0, rule: rule()) })
    }

    private mutating func rule() -> AlertRule {
        AlertRule(threshold: .random(in: 0...9, using: &random), rearm: .random(in: 0...3, using: &random))
    }

    private mutating func createProduct(_ number: Int) {
        var content = NewProduct.Content.single(variant("x", number * 10))
        if chance() {
            content = .variants((0..<Int.random(in: 1...3, using: &random)).map { variant(text(2), number * 10 + $0) })
        }
        let status = ProductStatus.allCases.randomElement(using: &random) ?? .active
        apply(.createProduct(NewProduct(name: text(3), status: status, price: price(), content: content)))
    }

    private mutating func leaveOneWithoutVariants() {
        let several = state.products.values.filter { !$0.hasDefaultVariant }.sorted { $0.id < $1.id }
        guard chance(), state.products.count > 1, let product = several.first else { return }
        for id in product.variants { apply(.removeVariant(id)) }
    }

    private mutating func count(_ sku: String, at location: String) {
        var lines = [
            Movement.Line(item: .sku(sku), location: location, operation: .set, quantity: .random(in: 0...50, using: &random))
        ]
        if Int.random(in: 0..<8, using: &random) == 0 {
            let much = Movement.Line(item: .sku(sku), location: location, operation: .add, quantity: Limits.largestQuantity)
            lines += [much, much, much]
        }
        apply(.move(Movement(lines: lines)))
    }
}
