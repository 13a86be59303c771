import TallywireCore

/// The CSV format: a row for each variant and location, under a header in any case and order.
///
/// Only `sku` is required, and `product` for a new product. An empty field says nothing. `none` as a price or as barcodes says that
/// there is none. Barcodes are separated by spaces, and `CODE*12` stands for twelve units: see ``CSVField``. So are `thresholds`,
/// each the code of its location with `#LOW`, or `#LOW+REARM`. An empty `variant`
/// makes a product that is sold without variants. `price` is the price at which the variant is sold. Beside a `productPrice`, it is
/// the variant's own price if it differs, or if `ownPrice` says so: see ``PriceChange``. An export leaves the `productPrice` of a
/// product without variants empty, so that its `price` can be changed in one place. Rows of one SKU may differ only in location and
/// stock. A row without a SKU may describe a location.
enum CatalogueCSV {
    enum Column: String, CaseIterable {
        case productId, product, status, productPrice, variantId, sku, variant, price, ownPrice, barcodes, lowStockThreshold, rearm,
            thresholds, location, locationName, sells, priority, stock
    }

    static func read(_ text: String, _ path: String) throws -> CatalogueFile {
        let table: CSVTable
        do {
            table = try CSVTable(text)
        } catch let mistake as CSVTable.Mistake {
            throw Failure("error: \(path):\(mistake.line): \(mistake.what)")
        }
        var reader = CatalogueRows(path: path)
        if let header = table.rows.first {
            let columns = try Self.columns(header, path)
            for row in table.rows.dropFirst() { reader.add(row, columns) }
        } else {
            throw Failure("error: \(path) is empty: its first row names the columns, sku and others")
        }
        return try reader.finish()
    }

    /// The column of each field; `nil` for a column without a name.
    private static func columns(_ header: CSVTable.Row, _ path: String) throws -> [Column?] {
        let place = "error: \(path):\(header.line):"
        var seen: Set<Column> = []
        let columns = try header.fields.map { name -> Column? in
            let name = name.trimmingSpace
            if name.isEmpty { return nil }
            guard let column = Column.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else {
                throw Failure("\(place) the column “\(name)” is unknown; known are \(Self.names)")
            }
            guard seen.insert(column).inserted else { throw Failure("\(place) the column “\(name)” is there twice") }
            return column
        }
        guard seen.contains(.sku) else { throw Failure("\(place) the column “sku” is missing") }
        return columns
    }

    static var names: String { Column.allCases.map(\.rawValue).joined(separator: ", ") }

    static func write(_ file: CatalogueFile) -> String {
        var lines = [Column.allCases.map(\.rawValue).joined(separator: ",")]
        func add(_ values: [Column: String]) {
            lines.append(Column.allCases.map { CSVField.quoted(values[$0] ?? "") }.joined(separator: ","))
        }
        var places: [String: [Column: String]] = [:]
        for location in file.locations {
            places[location.code] = [
                .location: location.code, .locationName: location.name ?? "", .sells: location.sells.map { "\($0)" } ?? "",
                .priority: location.priority.map(String.init) ?? "",
            ]
        }
        var used: Set<String> = []
        for product in file.products {
            for variant in product.variants {
                let row = fields(of: variant, in: product)
                if variant.stock.isEmpty { add(row) }
                for (location, count) in variant.stock.sorted(by: { $0.key < $1.key }) {
                    used.insert(location)
                    let stock: [Column: String] = [.stock: String(count.units)]
                    add(row.merging(stock) { $1 }.merging(places[location] ?? [.location: location]) { $1 })
                }
            }
        }
        for location in file.locations where !used.contains(location.code) { add(places[location.code] ?? [:]) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The fields of a variant's row, without its stock.
    private static func fields(of variant: CatalogueFile.VariantRow, in product: CatalogueFile.ProductRow) -> [Column: String] {
        func text(_ number: Int64?) -> String { number.map(String.init) ?? "" }
        var row: [Column: String] = [
            .productId: text(product.id), .product: product.name ?? "", .status: product.status?.rawValue ?? "",
            .variantId: text(variant.id), .sku: variant.sku, .variant: variant.name ?? "",
            .lowStockThreshold: text(variant.lowStockThreshold), .rearm: text(variant.rearm),
            .thresholds: variant.thresholds.map { CSVField.text($0) } ?? "",
            .barcodes: variant.barcodes.map { CSVField.text($0) } ?? "", .price: variant.price.map { PriceChange.text($0) } ?? "",
        ]
        guard variant.isDefault != true else { return row }
        row[.productPrice] = product.price.map { PriceChange.text($0) } ?? ""
        // Without this field, the price would be taken for the product's.
        if variant.ownPrice == true, variant.price == product.price { row[.ownPrice] = "true" }
        return row
    }
}
