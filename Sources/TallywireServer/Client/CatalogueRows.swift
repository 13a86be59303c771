import TallywireCore

/// Gathers the rows of a CSV file into products, and what is wrong with them.
struct CatalogueRows {
    private let path: String
    private var file = CatalogueFile()
    private var mistakes: [String] = []
    private var products: [String: Int] = [:]
    private var variants: [String: (product: Int, variant: Int)] = [:]
    private var locations: [String: Int] = [:]

    init(path: String) { self.path = path }

    /// All rows, or the mistakes in them.
    func finish() throws -> CatalogueFile {
        if !mistakes.isEmpty { throw ImportPlan.refusal(mistakes) }
        return file
    }

    private struct Mistake: Error {
        let column: CatalogueCSV.Column
        let what: String
    }

    mutating func add(_ row: CSVTable.Row, _ columns: [CatalogueCSV.Column?]) {
        let place = "\(path):\(row.line)"
        let surplus = row.fields.dropFirst(columns.count).filter { !$0.isEmpty }
        let unnamed = zip(columns, row.fields).filter { $0 == nil && !$1.isEmpty }.map(\.1)
        guard surplus.isEmpty, unnamed.isEmpty else {
            mistakes.append(
                surplus.isEmpty
                    ? "\(place): “\(unnamed[0])” stands in a column without a name"
                    : "\(place): the row has \(row.fields.count) fields and the header \(columns.count); a field with a comma in it stands in quotes"
            )
            return
        }
        var fields: [CatalogueCSV.Column: String] = [:]
        for (column, field) in zip(columns, row.fields) where !field.isEmpty {
            if let column { fields[column] = CSVField.plain(field) }
        }
        do {
            try add(Fields(values: fields), place)
        } catch let mistake as Mistake {
            mistakes.append("\(place): \(mistake.column.rawValue): \(mistake.what)")
        } catch {
            mistakes.append("\(place): \(error)")
        }
    }

    /// The fields of one row in which something stands.
    private struct Fields {
        let values: [CatalogueCSV.Column: String]

        func text(_ column: CatalogueCSV.Column) -> String? { values[column] }

        /// The name of a thing, which has no space around it.
        func key(_ column: CatalogueCSV.Column) -> String? {
            values[column].map(\.trimmingSpace).flatMap { $0.isEmpty ? nil : $0 }
        }

        func integer(_ column: CatalogueCSV.Column) throws -> Int64? {
            guard let text = key(column) else { return nil }
            guard let number = Int64(text) else { throw Mistake(column: column, what: "“\(text)” is no whole number") }
            return number
        }

        func price(_ column: CatalogueCSV.Column) throws -> Price?? {
            guard let text = key(column) else { return nil }
            if text.lowercased() == CSVField.none { return .some(nil) }
            guard let price = Price(text) else {
                throw Mistake(column: column, what: "“\(text)” is no price with at most two decimals, such as 12.50")
            }
            return price
        }

        func status() throws -> ProductStatus? {
            guard let text = key(.status) else { return nil }
            guard let status = ProductStatus(rawValue: text.lowercased()) else {
                let known = ProductStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw Mistake(column: .status, what: "“\(text)” is none of \(known)")
            }
            return status
        }

        func flag(_ column: CatalogueCSV.Column) throws -> Bool? {
            switch key(column)?.lowercased() {
            case nil: nil
            case "true", "yes", "1": true
            case "false", "no", "0": false
            case let text?: throw Mistake(column: column, what: "“\(text)” is neither true nor false")
            }
        }
    }

    private mutating func add(_ fields: Fields, _ place: String) throws {
        try addLocation(fields, place)
        guard let sku = fields.key(.sku) else {
            if let column = fields.values.keys.first(where: { ![.location, .locationName, .sells].contains($0) }) {
                throw Mistake(column: .sku, what: "is empty, but there is a \(column.rawValue)")
            }
            return
        }
        let (product, variant) = try read(fields, sku, place)
        let spot: (product: Int, variant: Int)
        if let known = variants[sku] {
            spot = known
        } else {
            let key = product.id.map { "#\($0)" } ?? product.name ?? "sku \(sku)"
            let index = products[key] ?? file.products.count
            if index == file.products.count {
                products[key] = index
                file.products.append(product)
            }
            spot = (index, file.products[index].variants.count)
            file.products[index].variants.append(variant)
            variants[sku] = spot
        }
        try merge(product, variant, into: spot)
        try addStock(fields, to: spot, place)
    }

    private mutating func read(
        _ fields: Fields, _ sku: String, _ place: String
    ) throws -> (CatalogueFile.ProductRow, CatalogueFile.VariantRow) {
        let productPrice = try fields.price(.productPrice)
        let product = CatalogueFile.ProductRow(
            id: try fields.integer(.productId), name: fields.text(.product), status: try fields.status(), price: productPrice,
            place: place)
        var variant = CatalogueFile.VariantRow(
            id: try fields.integer(.variantId), sku: sku, name: fields.text(.variant),
            lowStockThreshold: try fields.integer(.lowStockThreshold), rearm: try fields.integer(.rearm), place: place)
        let isOwn = try fields.flag(.ownPrice)
        switch (try fields.price(.price), productPrice) {
        case (nil, _): break
        case (.some(nil), _): variant.price = .follows
        case (.some(.some(let price)), nil): variant.price = isOwn == true ? .own(price) : .sells(price)
        case (.some(.some(let price)), .some(let of)): variant.price = isOwn ?? (price != of) ? .own(price) : .follows
        }
        if let text = fields.key(.barcodes) { variant.barcodes = try barcodes(text, place) }
        return (product, variant)
    }

    private mutating func barcodes(_ text: String, _ place: String) throws -> [Barcode] {
        let barcodes: [Barcode]
        do throws(CSVField.BarcodeMistake) {
            barcodes = try CSVField.barcodes(text)
        } catch {
            throw Mistake(column: .barcodes, what: error.what)
        }
        for code in barcodes.map(\.code) {
            if BarcodeDamage.isRounded(code) {
                throw Mistake(
                    column: .barcodes,
                    what:
                        "“\(code)” is what a spreadsheet makes of a barcode, and its last digits are lost: make the column a text there, and "
                        + "enter it again")
            }
            guard let whole = BarcodeDamage.withZero(code) else { continue }
            let note =
                "\(place): barcodes: “\(code)” looks like the UPC \(whole) without its zero, as a spreadsheet leaves it; it is taken as "
                + "it is written"
            if file.notes.last != note { file.notes.append(note) }
        }
        return barcodes
    }

    // MARK: Rows of one thing

    /// Adds what a row says of a product and a variant to what rows before it said. They may not say different things.
    private mutating func merge(
        _ product: CatalogueFile.ProductRow, _ variant: CatalogueFile.VariantRow, into spot: (product: Int, variant: Int)
    ) throws {
        var old = file.products[spot.product]
        try Self.agree(&old.id, product.id, .productId, old.place)
        try Self.agree(&old.name, product.name, .product, old.place)
        try Self.agree(&old.status, product.status, .status, old.place)
        try Self.agree(&old.price, product.price, .productPrice, old.place)
        var of = old.variants[spot.variant]
        try Self.agree(&of.id, variant.id, .variantId, of.place)
        try Self.agree(&of.name, variant.name, .variant, of.place)
        try Self.agree(&of.price, variant.price, .price, of.place)
        try Self.agree(&of.barcodes, variant.barcodes, .barcodes, of.place)
        try Self.agree(&of.lowStockThreshold, variant.lowStockThreshold, .lowStockThreshold, of.place)
        try Self.agree(&of.rearm, variant.rearm, .rearm, of.place)
        old.variants[spot.variant] = of
        file.products[spot.product] = old
    }

    private static func agree<Value: Equatable>(
        _ old: inout Value?, _ new: Value?, _ column: CatalogueCSV.Column, _ place: String
    ) throws {
        guard let new else { return }
        guard old == nil || old == new else { throw Mistake(column: column, what: "is not what \(place) says of the same thing") }
        old = new
    }

    private mutating func addLocation(_ fields: Fields, _ place: String) throws {
        let row = CatalogueFile.LocationRow(
            code: fields.key(.location) ?? "", name: fields.text(.locationName), sells: try fields.flag(.sells), place: place)
        guard !row.code.isEmpty else {
            if row.name != nil || row.sells != nil {
                throw Mistake(column: .location, what: "is empty, but something is said of it")
            }
            return
        }
        guard let index = locations[row.code] else {
            locations[row.code] = file.locations.count
            file.locations.append(row)
            return
        }
        let first = file.locations[index].place
        try Self.agree(&file.locations[index].name, row.name, .locationName, first)
        try Self.agree(&file.locations[index].sells, row.sells, .sells, first)
    }

    private mutating func addStock(_ fields: Fields, to spot: (product: Int, variant: Int), _ place: String) throws {
        let stock = try fields.integer(.stock)
        guard let location = fields.key(.location) else {
            if stock != nil { throw Mistake(column: .location, what: "is empty, but there is a stock") }
            return
        }
        guard let stock else { throw Mistake(column: .stock, what: "is empty, but there is a location") }
        let count = CatalogueFile.Count(units: stock, place: place)
        if let old = file.products[spot.product].variants[spot.variant].stock.updateValue(count, forKey: location) {
            throw Mistake(column: .location, what: "\(old.place) has the stock of this SKU at \(location) already")
        }
    }
}
