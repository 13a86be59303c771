import TallywireCore

extension CatalogueJSON {
    /// The contents of a JSON file.
    struct Document: Decodable {
        private let locations: [LocationObject]
        private let products: [ProductObject]

        init(from decoder: any Decoder) throws {
            let members = try Members(decoder, ["locations", "products"])
            locations = try members.read([LocationObject].self, "locations") ?? []
            products = try members.read([ProductObject].self, "products") ?? []
        }

        /// Returns the file's rows. The locations are those that are listed and those that a stock names.
        func file(_ path: String) throws -> CatalogueFile {
            var file = CatalogueFile()
            var mistakes: [String] = []
            var known: Set<String> = []
            for (index, location) in locations.enumerated() {
                var row = location.row
                row.place = "\(path): locations[\(index)]"
                if !known.insert(row.code).inserted { mistakes.append("\(row.place): “\(row.code)” is there twice") }
                file.locations.append(row)
            }
            var skus: Set<String> = []
            for (index, product) in products.enumerated() {
                var row = product.row
                row.place = "\(path): products[\(index)]"
                guard !row.variants.isEmpty else {
                    file.notes.append("\(row.place) has no variants, so no SKU by which it could be found, and is passed over")
                    continue
                }
                for number in row.variants.indices {
                    let place = product.isSingle ? row.place : "\(row.place).variants[\(number)]"
                    row.variants[number].place = place
                    if !skus.insert(row.variants[number].sku).inserted {
                        mistakes.append("\(place): the SKU “\(row.variants[number].sku)” is there twice")
                    }
                    for code in row.variants[number].stock.keys.sorted() {
                        row.variants[number].stock[code]?.place = place
                        if known.insert(code).inserted { file.locations.append(.init(code: code, place: place)) }
                    }
                }
                file.products.append(row)
            }
            if !mistakes.isEmpty { throw ImportPlan.refusal(mistakes) }
            return file
        }

        static func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".").replacing(".[", with: "[")
        }
    }

    /// The members of an object, which may have only these.
    private struct Members {
        struct Name: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        private let container: KeyedDecodingContainer<Name>

        init(_ decoder: any Decoder, _ known: [String]) throws {
            container = try decoder.container(keyedBy: Name.self)
            if let key = container.allKeys.first(where: { !known.contains($0.stringValue) }) {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath + [key],
                        debugDescription: "this member is not known; known are \(known.joined(separator: ", "))"))
            }
        }

        /// `nil` for a missing member. `null` is refused, since it would mean nothing, or something that cannot be done.
        func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value? {
            let key = Name(stringValue: name)
            if container.contains(key), try container.decodeNil(forKey: key) {
                throw mistake(at: name, "null is no value of this: leave it out to say nothing of it")
            }
            return try container.decodeIfPresent(type, forKey: key)
        }

        /// `nil` for a missing member, and for `null`.
        func id(_ name: String) throws -> Int64? {
            try container.decodeIfPresent(Int64.self, forKey: Name(stringValue: name))
        }

        func need<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
            try container.decode(type, forKey: Name(stringValue: name))
        }

        func contains(_ name: String) -> Bool { container.contains(Name(stringValue: name)) }

        /// The error for a mistake in the member `name`.
        func mistake(at name: String, _ what: String) -> DecodingError {
            .dataCorrupted(.init(codingPath: container.codingPath + [Name(stringValue: name)], debugDescription: what))
        }

        /// Units by location. The locations are in key form.
        func stock() throws -> [String: CatalogueFile.Count] {
            var stock: [String: CatalogueFile.Count] = [:]
            for (code, units) in try read([String: Int64].self, "stock") ?? [:] {
                guard stock.updateValue(.init(units: units), forKey: code.keyForm) == nil else {
                    throw mistake(at: "stock", "“\(code.keyForm.excerpt)” is there twice, and only one of them could count")
                }
            }
            return stock
        }

        func thresholds() throws -> [ThresholdChange]? {
            try read([String: ThresholdObject].self, "thresholds")?
                .map { ThresholdChange(location: $0.keyForm, rule: $1.rule) }
        }

        /// `nil` for a missing member, `.some(nil)` for `null`.
        func price() throws -> Price?? {
            guard container.contains(Name(stringValue: "price")) else { return nil }
            return .some(try container.decodeIfPresent(Price.self, forKey: Name(stringValue: "price")))
        }
    }

    private struct LocationObject: Decodable {
        let row: CatalogueFile.LocationRow

        init(from decoder: any Decoder) throws {
            let members = try Members(decoder, ["code", "name", "sells", "priority"])
            row = .init(
                code: try members.need(String.self, "code").keyForm, name: try members.read(String.self, "name"),
                sells: try members.read(Bool.self, "sells"), priority: try members.read(Int64.self, "priority"))
        }
    }

    /// A barcode: a text, or an object with its code and its units.
    private struct BarcodeObject: Decodable {
        let barcode: Barcode

        init(from decoder: any Decoder) throws {
            if let code = try? decoder.singleValueContainer().decode(String.self) {
                barcode = Barcode(code: code.keyForm)
            } else {
                let members = try Members(decoder, ["code", "units"])
                barcode = Barcode(
                    code: try members.need(String.self, "code").keyForm, units: try members.read(Int64.self, "units") ?? 1)
            }
        }
    }

    private struct ThresholdObject: Decodable {
        let rule: AlertRule

        init(from decoder: any Decoder) throws {
            let members = try Members(decoder, ["low", "rearm"])
            rule = AlertRule(threshold: try members.need(Int64.self, "low"), rearm: try members.read(Int64.self, "rearm") ?? 0)
        }
    }

    private struct ProductObject: Decodable {
        let row: CatalogueFile.ProductRow
        let isSingle: Bool

        init(from decoder: any Decoder) throws {
            let own = ["variantId", "sku", "barcodes", "lowStockThreshold", "rearm", "thresholds", "stock"]
            let members = try Members(decoder, ["id", "name", "status", "price", "variants"] + own)
            let several = try members.read([VariantObject].self, "variants")
            isSingle = several?.isEmpty != false
            let member = own.first { members.contains($0) }
            if !isSingle, let member {
                throw members.mistake(at: member, "a product with variants has this in each of them, not itself")
            }
            let id = try members.id("id")
            // The object of a product without variants also describes its variant. An earlier version exported products that have
            // no variants left.
            var variants = several ?? []
            if isSingle, several == nil || member != nil {
                variants = [try VariantObject(members, id: "variantId", isDefault: true)]
            }
            row = .init(
                id: id, name: try members.read(String.self, "name"),
                status: try members.read(ProductStatus.self, "status"), price: try members.price(),
                variants: variants.map {
                    var variant = $0.row
                    variant.productID = id
                    return variant
                })
        }
    }

    private struct VariantObject: Decodable {
        let row: CatalogueFile.VariantRow

        init(from decoder: any Decoder) throws {
            self = try VariantObject(
                Members(decoder, ["id", "sku", "name", "price", "barcodes", "lowStockThreshold", "rearm", "thresholds", "stock"]),
                id: "id", isDefault: false)
        }

        init(_ members: Members, id: String, isDefault: Bool) throws {
            // A variant's price is its own; `null` means that it has its product's. A product without variants has only the
            // product's price.
            let price = isDefault ? nil : try members.price()
            row = .init(
                id: try members.id(id), sku: try members.need(String.self, "sku").keyForm,
                name: isDefault ? nil : try members.read(String.self, "name"), isDefault: isDefault,
                price: price.flatMap { $0.map { .some($0) } },
                ownPrice: price.map { $0 != nil }, barcodes: try members.read([BarcodeObject].self, "barcodes")?.map(\.barcode),
                lowStockThreshold: try members.read(Int64.self, "lowStockThreshold"), rearm: try members.read(Int64.self, "rearm"),
                thresholds: try members.thresholds(), stock: try members.stock())
        }
    }
}
