import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireCore
import TallywireEngine

/// `/api/products`: the products.
extension InventoryAPI {
    func listProducts(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["limit", "cursor", "search"])
        let limit = try query.limit()
        let after = try Cursor.number(of: "products", in: query).map { ProductID($0) }
        // One more than the page shows whether there is another page.
        let reading = try await journal.products(after: after, limit: limit + 1, search: query.text("search"))
        let items = reading.value.prefix(limit)
        let last = reading.value.count > limit ? items.last?.product.id : nil
        return .json(headers: headers(at: reading.seq), capacity: 1024 * items.count) { json in
            json.page(items, next: last.map { Cursor(list: "products", position: "\($0)") }) { $0.write(to: &$1) }
        }
    }

    func getProduct(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try QueryReader(request, parameters: [])
        let id = try productID(context)
        let reading = try await journal.product(id)
        guard let product = reading.value else {
            throw Problem(Rejection(.unknownProduct, "there is no product \(id)"))
        }
        return .json(headers: headers(at: reading.seq), capacity: 2048) { product.write(to: &$0) }
    }

    func createProduct(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try commandID(request)
        let body = try await decode(ProductBody.self, from: request, context)
        let receipt = try await submit(.createProduct(body.product), id: id)
        return try await showProduct(receipt, created: true)
    }

    func updateProduct(_ request: Request, _ context: APIContext) async throws -> Response {
        let product = try productID(context)
        let id = try commandID(request)
        let body = try await decode(ProductUpdateBody.self, from: request, context)
        return try await showProduct(submit(.updateProduct(product, body.update), id: id), created: false)
    }

    func updateStatus(_ request: Request, _ context: APIContext) async throws -> Response {
        let product = try productID(context)
        let id = try commandID(request)
        let body = try await decode(StatusBody.self, from: request, context)
        let update = ProductUpdate(status: body.status)
        return try await showProduct(submit(.updateProduct(product, update), id: id), created: false)
    }

    func removeProduct(_ request: Request, _ context: APIContext) async throws -> Response {
        try await response(with: submit(.removeProduct(productID(context)), id: commandID(request)))
    }

    func addVariant(_ request: Request, _ context: APIContext) async throws -> Response {
        let product = try productID(context)
        let id = try commandID(request)
        let body = try await decode(VariantBody.self, from: request, context)
        let receipt = try await submit(.addVariant(product, body.variant), id: id)
        return try await showVariant(receipt, created: true)
    }

    /// The current product of a change. If it was removed since, the response is the receipt.
    private func showProduct(_ receipt: Receipt, created: Bool) async throws -> Response {
        guard let id = receipt.product else { return response(with: receipt) }
        let reading = try await journal.product(id)
        guard let product = reading.value else { return response(with: receipt) }
        var headers = headers(at: reading.seq, receipt: receipt)
        if created { headers[.location] = "/api/products/\(id)" }
        let status: HTTPResponse.Status = created && receipt.status == .applied ? .created : .ok
        return .json(status, headers: headers, capacity: 2048) { product.write(to: &$0) }
    }

    private func productID(_ context: APIContext) throws -> ProductID {
        ProductID(try id(context, else: .unknownProduct, "product"))
    }
}
