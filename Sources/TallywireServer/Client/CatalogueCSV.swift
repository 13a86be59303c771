import Foundation
import SwiftCSV
import TallywireCore

/// The CSV form: a row for each variant and location, under a header.
///
/// Columns: `productId`, `product`, `status`, `variantId`, `sku`, `variant`, `price`, `barcodes`, `lowStockThreshold`, `rearm`, `location`,
/// `stock`. Only `product` and `sku` are needed. Barcodes are separated by spaces, and `CODE*12` stands for twelve units. An empty
/// `variant` makes a product that is sold without variants. Rows of one SKU differ in `location` and `stock` alone.
enum CatalogueCSV {
    static let columns = [
        "productId", "product", "status", "variantId", "sku", "variant", "price", "barcodes", "lowStockThreshold", "rearm",
        "location",
        "stock",
    ]

    static func read(_ data: Data, _ path: String) throws -> CatalogueFile {
        guard let text = String(data: data, encoding: .utf8) else { throw Failure("error: \(path) is not UTF-8") }
        let csv: CSV<Named>
        do {
            csv = try CSV<Named>(string: text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text)
        } catch {
            throw Failure("error: \(path) cannot be read as CSV: \(error)")
        }
        for name in csv.header where !columns.contains(name) {
            throw Failure("error: \(path):1: the column “\(name)” is unknown; known are \(columns.joined(separator: ", "))")
        }
        for name in ["product", "sku"] where !csv.header.contains(name) {
            throw Failure("error: \(path):1: the column “\(name)” is missing")
        }
        var reader = RowReader(path: path)
        for (index, row) in csv.rows.enumerated() { try reader.add(row, line: index + 2) }
        return reader.file
    }

    static func write(_ file: CatalogueFile) -> String {
        var lines = [columns.joined(separator: ",")]
        for product in file.products {
            for variant in product.variants {
                let price = variant.price ?? product.price
                let barcodes = variant.barcodes.map { $0.units == 1 ? $0.code : "\($0.code)*\($0.units)" }
                let head: [String] = [
                    text(product.id), product.name, product.status ?? "", text(variant.id), variant.sku,
                    product.isSingle ? "" : variant.name, price?.description ?? "", barcodes.joined(separator: " "),
                    text(variant.lowStockThreshold), text(variant.rearm),
                ]
                let places = variant.stock.sorted { $0.key < $1.key }.map { [$0.key, String($0.value)] }
                for place in places.isEmpty ? [["", ""]] : places {
                    lines.append((head + place).map(quoted).joined(separator: ","))
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ number: Int64?) -> String { number.map(String.init) ?? "" }

    /// A field as RFC 4180 has it.
    private static func quoted(_ field: String) -> String {
        guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
        return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}

/// Gathers rows into products.
private struct RowReader {
    let path: String
    private(set) var file = CatalogueFile()
    private var productIndex: [String: Int] = [:]
    private var variantIndex: [String: (product: Int, variant: Int)] = [:]
    private var locations: Set<String> = []

    init(path: String) { self.path = path }

    mutating func add(_ row: [String: String], line: Int) throws {
        func text(_ column: String) -> String? {
            let value = row[column]?.trimmingCharacters(in: .whitespaces) ?? ""
            return value.isEmpty ? nil : value
        }
        func integer(_ column: String) throws -> Int64? {
            guard let value = text(column) else { return nil }
            guard let number = Int64(value) else { throw mistake(line, column, "“\(value)” is no whole number") }
            return number
        }
        guard let name = text("product") else { throw mistake(line, "product", "is empty") }
        guard let sku = text("sku") else { throw mistake(line, "sku", "is empty") }
        if let place = variantIndex[sku] {
            try addStock(text("location"), try integer("stock"), to: place, line)
            return
        }
        let productID = try integer("productId")
        let key = productID.map { "#\($0)" } ?? name
        var price: Price?
        if let value = text("price") {
            guard let parsed = Price(value) else {
                throw mistake(line, "price", "“\(value)” is no price with at most two decimals")
            }
            price = parsed
        }
        let variantName = text("variant")
        if productIndex[key] == nil {
            productIndex[key] = file.products.count
            file.products.append(
                .init(id: productID, name: name, status: text("status"), price: price, isSingle: variantName == nil, variants: []))
        }
        let product = productIndex[key]!
        guard !file.products[product].isSingle || file.products[product].variants.isEmpty,
            variantName != nil || file.products[product].isSingle
        else { throw mistake(line, "variant", "product “\(name)” has several variants, so each needs a name") }
        let own = file.products[product].price == price ? nil : price
        file.products[product].variants.append(
            .init(
                id: try integer("variantId"), sku: sku, name: variantName ?? name, price: own,
                barcodes: try barcodes(text("barcodes"), line),
                lowStockThreshold: try integer("lowStockThreshold"), rearm: try integer("rearm")))
        let place = (product: product, variant: file.products[product].variants.count - 1)
        variantIndex[sku] = place
        try addStock(text("location"), try integer("stock"), to: place, line)
    }

    private mutating func addStock(
        _ location: String?, _ stock: Int64?, to place: (product: Int, variant: Int), _ line: Int
    ) throws {
        guard let location else {
            if stock != nil { throw mistake(line, "location", "is empty, but there is a stock") }
            return
        }
        guard let stock else { throw mistake(line, "stock", "is empty, but there is a location") }
        guard file.products[place.product].variants[place.variant].stock.updateValue(stock, forKey: location) == nil else {
            throw mistake(line, "location", "this SKU has a row for \(location) already")
        }
        if locations.insert(location).inserted { file.locations.append(.init(code: location, name: nil, sells: nil)) }
    }

    private func barcodes(_ text: String?, _ line: Int) throws -> [Barcode] {
        try (text ?? "").split(separator: " ").map { part in
            let pieces = part.split(separator: "*", maxSplits: 1)
            guard pieces.count == 2 else { return Barcode(code: String(part)) }
            guard let units = Int64(pieces[1]), units > 0 else {
                throw mistake(line, "barcodes", "“\(part)” has no number of units behind the *")
            }
            return Barcode(code: String(pieces[0]), units: units)
        }
    }

    private func mistake(_ line: Int, _ column: String, _ what: String) -> Failure {
        Failure("error: \(path):\(line): \(column): \(what)")
    }
}
