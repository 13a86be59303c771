import TallywireCore

/// Groups the rows of a CSV file into products, and collects the mistakes in them.
///
/// All rows are read before any is assigned to a product: a later row can say to which product an earlier one belongs.
struct CatalogueRows {
    private let path: String
    private var file = CatalogueFile()
    private var mistakes: [String] = []
    private var entries: [Entry] = []
    private var products: [ProductKey: Int] = [:]
    private var variants: [String: (product: Int, variant: Int)] = [:]
    private var locations: [String: Int] = [:]

    init(path: String) { self.path = path }

    /// The values of one row for a product and a variant.
    private struct Entry {
        let product: CatalogueFile.ProductRow
        let variant: CatalogueFile.VariantRow
        let place: String
    }

    /// The value by which rows belong to one product.
    private enum ProductKey: Hashable {
        case id(Int64)
        case name(String)
        case sku(String)
    }

    /// Returns all rows, or throws the mistakes in them.
    mutating func finish() throws -> CatalogueFile {
        let names = Names(entries.map { ($0.product, $0.variant.sku) })
        for entry in entries {
            attempt(entry.place) { rows in try rows.sortIn(entry, names) }
        }
        if !mistakes.isEmpty { throw ImportPlan.refusal(mistakes) }
        return file
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
        attempt(place) { rows in try rows.read(Fields(values: fields), place) }
    }

    /// Runs `body` for a row, and notes the mistake if it throws.
    private mutating func attempt(_ place: String, _ body: (inout CatalogueRows) throws -> Void) {
        do {
            try body(&self)
        } catch let mistake as Mistake {
            mistakes.append("\(place): \(mistake.column.rawValue): \(mistake.what)")
        } catch {
            mistakes.append("\(place): \(error)")
        }
    }

    // MARK: One row

    private mutating func read(_ fields: Fields, _ place: String) throws {
        try addLocation(fields, place)
        guard let sku = fields.key(.sku) else {
            let others = CatalogueCSV.Column.allCases.filter { ![.location, .locationName, .sells, .priority].contains($0) }
            if let column = others.first(where: { fields.values[$0] != nil }) {
                throw Mistake(column: .sku, what: "is empty, but there is a \(column.rawValue)")
            }
            return
        }
        let product = CatalogueFile.ProductRow(
            id: try fields.integer(.productId), name: fields.text(.product), status: try fields.status(),
            price: try fields.price(.productPrice), place: place)
        var variant = CatalogueFile.VariantRow(
            id: try fields.integer(.variantId), productID: product.id, sku: sku, name: fields.text(.variant),
            price: try fields.price(.price), ownPrice: try fields.flag(.ownPrice),
            lowStockThreshold: try fields.integer(.lowStockThreshold), rearm: try fields.integer(.rearm),
            thresholds: try fields.thresholds(), place: place)
        if let text = fields.key(.barcodes) {
            let (codes, notes) = try Self.barcodes(text, place)
            variant.barcodes = codes
            for note in notes where file.notes.last != note { file.notes.append(note) }
        }
        for column in [CatalogueCSV.Column.product, .variant, .locationName] {
            guard let text = fields.text(column), BarcodeDamage.isError(text) else { continue }
            file.notes.append(
                "\(place): \(column.rawValue): “\(text.excerpt)” looks like an error of a spreadsheet; it is taken as it is written"
            )
        }
        let stock = try fields.integer(.stock)
        if let location = fields.key(.location) {
            guard let stock else { throw Mistake(column: .stock, what: "is empty, but there is a location") }
            variant.stock[location] = CatalogueFile.Count(units: stock, place: place)
        } else if stock != nil {
            throw Mistake(column: .location, what: "is empty, but there is a stock")
        }
        entries.append(Entry(product: product, variant: variant, place: place))
    }

    private mutating func addLocation(_ fields: Fields, _ place: String) throws {
        let row = CatalogueFile.LocationRow(
            code: fields.key(.location) ?? "", name: fields.text(.locationName), sells: try fields.flag(.sells),
            priority: try fields.integer(.priority), place: place)
        guard !row.code.isEmpty else {
            if row.name != nil || row.sells != nil || row.priority != nil {
                throw Mistake(
                    column: .location,
                    what: "is empty, but the row has a location's name or priority, or says whether a location sells")
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
        try Self.agree(&file.locations[index].priority, row.priority, .priority, first)
    }

    // MARK: Rows of one thing

    /// The names and ids of products in all rows together.
    private struct Names {
        private(set) var bySKU: [String: (id: Int64?, name: String?)] = [:]
        /// By name, the ids of the products with that name.
        private(set) var ids: [String: Set<Int64>] = [:]

        init(_ rows: [(product: CatalogueFile.ProductRow, sku: String)]) {
            for (product, sku) in rows {
                let known = bySKU[sku]
                bySKU[sku] = (known?.id ?? product.id, known?.name ?? product.name)
            }
            for case (let id?, let name?) in bySKU.values { ids[name, default: []].insert(id) }
        }
    }

    private func key(of entry: Entry, _ names: Names) throws -> ProductKey {
        let (id, name) = names.bySKU[entry.variant.sku] ?? (nil, nil)
        if let id { return .id(id) }
        guard let name else { return .sku(entry.variant.sku) }
        guard let ids = names.ids[name], let id = ids.first else { return .name(name) }
        if ids.count == 1 { return .id(id) }
        let list = ids.sorted().prefix(3).map(String.init).joined(separator: " and ")
        throw Mistake(column: .productId, what: "is empty, and products \(list) are called “\(name)”: which one is it?")
    }

    private mutating func sortIn(_ entry: Entry, _ names: Names) throws {
        let key = try key(of: entry, names)
        let spot: (product: Int, variant: Int)
        if let known = variants[entry.variant.sku] {
            spot = known
        } else {
            let index = products[key] ?? file.products.count
            if index == file.products.count {
                products[key] = index
                file.products.append(entry.product)
            }
            spot = (index, file.products[index].variants.count)
            var variant = entry.variant
            variant.stock = [:]
            file.products[index].variants.append(variant)
            variants[variant.sku] = spot
        }
        try merge(entry.product, entry.variant, into: spot)
        for (location, count) in entry.variant.stock {
            if let old = file.products[spot.product].variants[spot.variant].stock.updateValue(count, forKey: location) {
                throw Mistake(column: .location, what: "\(old.place) has the stock of this SKU at \(location) already")
            }
        }
    }

    /// Adds the values of a row to those of earlier rows. Throws if they contradict each other.
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
        try Self.agree(&of.productID, variant.productID, .productId, of.place)
        try Self.agree(&of.name, variant.name, .variant, of.place)
        try Self.agree(&of.price, variant.price, .price, of.place)
        try Self.agree(&of.ownPrice, variant.ownPrice, .ownPrice, of.place)
        try Self.agree(&of.barcodes, variant.barcodes, .barcodes, of.place)
        try Self.agree(&of.lowStockThreshold, variant.lowStockThreshold, .lowStockThreshold, of.place)
        try Self.agree(&of.rearm, variant.rearm, .rearm, of.place)
        try Self.agree(&of.thresholds, variant.thresholds, .thresholds, of.place)
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
}
