import TallywireCore
import TallywireRequests

/// The body of `PATCH /api/products/{id}`. Missing members stay as they are.
struct ProductUpdateBody: Decodable {
    let update: ProductUpdate

    init(from decoder: any Decoder) throws {
        let known = ["name", "status", "price"]
        let members = try MemberReader(decoder, members: known)
        try members.refuseNull(["name", "status"])
        update = ProductUpdate(
            name: try members.text("name"), status: try members.word("status", ProductStatus.self),
            price: members.contains("price") ? .some(try members.price("price")) : nil)
        guard update != ProductUpdate() else { throw BodyError.nothingToChange(decoder.codingPath, known) }
    }
}

/// The body of `PATCH /api/products/{id}/status`.
struct StatusBody: Decodable {
    let status: ProductStatus

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["status"])
        status = try members.required(members.word("status", ProductStatus.self), "status")
    }
}

/// The body of `PATCH /api/variants/{id}`. Missing members stay as they are.
struct VariantUpdateBody: Decodable {
    let update: VariantUpdate

    init(from decoder: any Decoder) throws {
        let known = ["sku", "name", "price", "barcodes", "lowStockThreshold", "rearm", "thresholds"]
        let members = try MemberReader(decoder, members: known)
        try members.refuseNull(["sku", "name", "barcodes", "lowStockThreshold", "rearm", "thresholds"])
        update = VariantUpdate(
            sku: try members.text("sku"), name: try members.text("name"),
            price: members.contains("price") ? .some(try members.price("price")) : nil,
            barcodes: try BarcodeBody.list(members), threshold: try members.integer("lowStockThreshold"),
            rearm: try members.integer("rearm"), thresholds: try ThresholdsBody.changes(members))
        guard update != VariantUpdate() else { throw BodyError.nothingToChange(decoder.codingPath, known) }
    }
}

/// The body of `POST /api/locations`.
struct LocationBody: Decodable {
    let location: Location

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["code", "name", "sells", "priority"])
        let code = try members.required(members.text("code"), "code").keyForm
        location = Location(
            code: code, name: try members.text("name") ?? code, sells: try members.flag("sells") ?? true,
            priority: try members.integer("priority") ?? 0)
    }
}

/// The body of `PATCH /api/locations/{code}`. Missing members stay as they are.
struct LocationUpdateBody: Decodable {
    let update: LocationUpdate

    init(from decoder: any Decoder) throws {
        let known = ["name", "sells", "priority"]
        let members = try MemberReader(decoder, members: known)
        try members.refuseNull(["name", "sells", "priority"])
        update = LocationUpdate(
            name: try members.text("name"), sells: try members.flag("sells"), priority: try members.integer("priority"))
        guard update != LocationUpdate() else { throw BodyError.nothingToChange(decoder.codingPath, known) }
    }
}

extension BodyError {
    static func nothingToChange(_ path: [any CodingKey], _ known: [String]) -> BodyError {
        BodyError(path, "there is nothing to change: give at least one of \(known.joined(separator: ", "))")
    }
}
