import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireCore
import TallywireEngine

/// `/api/variants`: one sellable form of a product, and its stock.
extension InventoryAPI {
    /// All variants with what is known of them: what a page that shows the whole stock begins with.
    func listVariants(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["limit", "cursor"])
        let limit = try query.limit(largest: HTTPLimits.largestVariantPage)
        let after = try Cursor.number(of: "variants", in: query).map { VariantID($0) }
        let reading = try await journal.variants(after: after, limit: limit + 1)
        let items = reading.value.prefix(limit)
        let last = reading.value.count > limit ? items.last?.variant.id : nil
        return .json(headers: headers(at: reading.seq), capacity: 448 * items.count) { json in
            json.page(items, next: last.map { Cursor(list: "variants", position: "\($0)") }) { $0.write(to: &$1) }
        }
    }

    func getVariant(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["at", "seq"])
        let id = try variantID(context)
        let past = try await PastMoment(query, of: self)
        let reading = try await past.read(
            { try await journal.variant(id, at: $0) }, now: { try await journal.variant(.variant(id)) })
        guard let variant = reading.value else {
            throw Problem(Rejection(.unknownVariant, "there is no variant \(id)\(past?.words ?? "")"))
        }
        return .json(headers: headers(at: reading.seq), capacity: 1024) { variant.write(to: &$0) }
    }

    func updateVariant(_ request: Request, _ context: APIContext) async throws -> Response {
        let variant = try variantID(context)
        let id = try commandID(request)
        let body = try await decode(VariantUpdateBody.self, from: request, context)
        return try await showVariant(submit(.updateVariant(variant, body.update), id: id), created: false)
    }

    func removeVariant(_ request: Request, _ context: APIContext) async throws -> Response {
        try await response(with: submit(.removeVariant(variantID(context)), id: commandID(request)))
    }

    func updateInventory(_ request: Request, _ context: APIContext) async throws -> Response {
        let variant = try variantID(context)
        let body = try await decode(InventoryBody.self, from: request, context)
        let id = try commandID(request, body: body.id)
        let movement = body.movement(of: variant, defaultLocation: configuration.defaultLocation)
        do {
            let device = try device(naming: body.device, context.principal)
            return try await response(with: submit(.move(movement), id: id, device: device))
        } catch var problem as Problem {
            // The body has one line and does not name it.
            if let field = problem.field, field.hasPrefix("lines[0].") { problem.field = String(field.dropFirst(9)) }
            throw problem
        }
    }

    /// The current variant of a change. If it was removed since, the response is the receipt.
    func showVariant(_ receipt: Receipt, created: Bool) async throws -> Response {
        guard let id = receipt.variant else { return response(with: receipt) }
        let reading = try await journal.variant(.variant(id))
        guard let variant = reading.value else { return response(with: receipt) }
        var headers = headers(at: reading.seq, receipt: receipt)
        if created { headers[.location] = "/api/variants/\(id)" }
        let status: HTTPResponse.Status = created && receipt.status == .applied ? .created : .ok
        return .json(status, headers: headers, capacity: 1024) { variant.write(to: &$0) }
    }

    private func variantID(_ context: APIContext) throws -> VariantID {
        VariantID(try id(context, else: .unknownVariant, "variant"))
    }
}
