import TallywireCore

extension CatalogueJSON {
    /// What a JSON file holds.
    struct Document: Decodable {
        private let locations: [LocationObject]
        private let products: [ProductObject]

        init(from decoder: any Decoder) throws {
            let members = try Members(decoder, ["locations", "products"])
            locations = try members.read([LocationObject].self, "locations") ?? []
            products = try members.read([ProductObject].self, "products") ?? []
        }

        /// Its rows. Locations are those that are listed, and those that a stock names.
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

    /// The members of an object, which may be these and no others.
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
                        debugDescription: "this is not known here; known are \(known.joined(separator: ", "))"))
            }
        }

        func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value? {
            try container.decodeIfPresent(type, forKey: Name(stringValue: name))
        }

        func need<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
            try container.decode(type, forKey: Name(stringValue: name))
        }

        /// `nil` where nothing is said, `.some(nil)` where it is `null`.
        func price() throws -> Price?? {
            guard container.contains(Name(stringValue: "price")) else { return nil }
            return .some(try read(Price.self, "price"))
        }
    }

    private struct LocationObject: Decodable {
        let row: CatalogueFile.LocationRow

        init(from decoder: any Decoder) throws {
            let members = try Members(decoder, ["code", "name", "sells"])
            row = .init(
                code: try members.need(String.self, "code").trimmingSpace, name: try members.read(String.self, "name"),
                sells: try members.read(Bool.self, "sells"))
        }
    }

    private struct ProductObject: Decodable {
        let row: CatalogueFile.ProductRow
        let isSingle: Bool

        init(from decoder: any Decoder) throws {
            let own = ["id", "name", "status", "price", "variants"]
            let members = try Members(decoder, own + ["variantId", "sku", "barcodes", "lowStockThreshold", "rearm", "stock"])
            let several = try members.read([VariantObject].self, "variants") ?? []
            isSingle = several.isEmpty
            // A product without variants says the same of itself.
            let variants = isSingle ? [try VariantObject(members, id: "variantId", named: false)] : several
            row = .init(
                id: try members.read(Int64.self, "id"), name: try members.read(String.self, "name"),
                status: try members.read(ProductStatus.self, "status"), price: try members.price(), variants: variants.map(\.row))
        }
    }

    private struct VariantObject: Decodable {
        let row: CatalogueFile.VariantRow

        init(from decoder: any Decoder) throws {
            self = try VariantObject(
                Members(decoder, ["id", "sku", "name", "price", "barcodes", "lowStockThreshold", "rearm", "stock"]), id: "id",
                named: true)
        }

        init(_ members: Members, id: String, named: Bool) throws {
            var wish: CatalogueFile.PriceWish?
            if named, let price = try members.price() { wish = price.map { .own($0) } ?? .follows }
            row = .init(
                id: try members.read(Int64.self, id), sku: try members.need(String.self, "sku").trimmingSpace,
                name: named ? try members.read(String.self, "name") : nil, price: wish,
                barcodes: try members.read([Barcode].self, "barcodes"),
                lowStockThreshold: try members.read(Int64.self, "lowStockThreshold"), rearm: try members.read(Int64.self, "rearm"),
                stock: try (members.read([String: Int64].self, "stock") ?? [:]).mapValues { .init(units: $0) })
        }
    }
}
