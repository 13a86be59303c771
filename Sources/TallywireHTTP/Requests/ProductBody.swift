import TallywireCore
import TallywireRequests

/// The body of `POST /api/products`.
struct ProductBody: Decodable {
    let product: NewProduct

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(
            decoder,
            members: [
                "id", "name", "status", "price", "variants", "variantId", "sku", "barcodes", "lowStockThreshold", "rearm",
                "thresholds",
            ])
        let name = try members.required(members.text("name"), "name")
        product = NewProduct(
            id: try members.integer("id").map { ProductID($0) }, name: name,
            status: try members.word("status", ProductStatus.self) ?? .active, price: try members.price("price"),
            content: try Self.content(members, name: name))
    }

    private static func content(_ members: MemberReader, name: String) throws -> NewProduct.Content {
        let variants = try members.list(
            "variants", of: VariantBody.self, limit: Limits.variantsPerProduct, what: "variants")
        // An empty list means the same as none: the product itself is sold.
        guard let variants, !variants.isEmpty else {
            guard let sku = try members.text("sku") else {
                throw members.error(at: "sku", "a product has variants, or a “sku” of its own")
            }
            return .single(
                NewVariant(
                    id: try members.integer("variantId").map { VariantID($0) }, sku: sku, name: name,
                    barcodes: try BarcodeBody.list(members) ?? [], alerts: try AlertRule(members),
                    thresholds: try ThresholdsBody.changes(members) ?? []))
        }
        for own: MemberName in ["sku", "variantId", "barcodes", "lowStockThreshold", "rearm", "thresholds"]
        where members.contains(own) {
            throw members.error(at: own, "a product with variants has “\(own.stringValue)” on each of them, not on itself")
        }
        return .variants(variants.map(\.variant))
    }
}

/// A variant in the body of `POST /api/products`, and the body of `POST /api/products/{id}/variants`.
struct VariantBody: Decodable {
    let variant: NewVariant

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(
            decoder, members: ["id", "sku", "name", "price", "barcodes", "lowStockThreshold", "rearm", "thresholds"])
        let sku = try members.required(members.text("sku"), "sku")
        variant = NewVariant(
            id: try members.integer("id").map { VariantID($0) }, sku: sku, name: try members.text("name") ?? sku,
            price: try members.price("price"), barcodes: try BarcodeBody.list(members) ?? [], alerts: try AlertRule(members),
            thresholds: try ThresholdsBody.changes(members) ?? [])
    }
}

/// A barcode: `"4006381333931"`, or `{"code":"14006381333938","units":12}` for a pack.
struct BarcodeBody: Decodable {
    let barcode: Barcode

    init(from decoder: any Decoder) throws {
        if let code = try? decoder.singleValueContainer().decode(String.self) {
            barcode = Barcode(code: code)
            return
        }
        guard (try? decoder.container(keyedBy: MemberName.self)) != nil else {
            throw BodyError(decoder.codingPath, "a barcode is a text, or an object with “code” and “units”")
        }
        let members = try MemberReader(decoder, members: ["code", "units"])
        try members.refuseNull(["units"])
        barcode = Barcode(
            code: try members.required(members.text("code"), "code"), units: try members.integer("units") ?? 1)
    }

    /// The member `barcodes`.
    static func list(_ members: MemberReader) throws -> [Barcode]? {
        try members.list("barcodes", of: BarcodeBody.self, limit: Limits.barcodesPerVariant, what: "barcodes")?.map(\.barcode)
    }
}

/// Thresholds by location: `{"STORE-7":{"low":3,"rearm":1}}`. `null` stands for none, and so takes one away.
struct ThresholdsBody: Decodable {
    private let changes: [ThresholdChange]

    init(from decoder: any Decoder) throws {
        guard let locations = try? decoder.container(keyedBy: MemberName.self) else {
            throw BodyError(
                decoder.codingPath, "an object with the threshold of each location is expected: {\"STORE-7\":{\"low\":3}}")
        }
        guard locations.allKeys.count <= Limits.thresholdsPerVariant else {
            throw BodyError(
                decoder.codingPath,
                "at most \(Limits.thresholdsPerVariant) thresholds are possible, not \(locations.allKeys.count)")
        }
        changes = try locations.allKeys.map {
            ThresholdChange(location: $0.stringValue, rule: try locations.decodeIfPresent(Rule.self, forKey: $0)?.rule)
        }
    }

    private struct Rule: Decodable {
        let rule: AlertRule

        init(from decoder: any Decoder) throws {
            let members = try MemberReader(decoder, members: ["low", "rearm"])
            try members.refuseNull(["low", "rearm"])
            rule = AlertRule(
                threshold: try members.required(members.integer("low"), "low"), rearm: try members.integer("rearm") ?? 0)
        }
    }

    /// The member `thresholds`.
    static func changes(_ members: MemberReader) throws -> [ThresholdChange]? {
        try members.nested("thresholds", ThresholdsBody.self)?.changes
    }
}

extension AlertRule {
    /// Reads the members `lowStockThreshold` and `rearm`. Missing ones have their defaults.
    fileprivate init(_ members: MemberReader) throws {
        let defaults = AlertRule()
        self.init(
            threshold: try members.integer("lowStockThreshold") ?? defaults.threshold,
            rearm: try members.integer("rearm") ?? defaults.rearm)
    }
}
