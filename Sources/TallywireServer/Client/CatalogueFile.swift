import Foundation
import TallywireCore

/// Catalogue and stock in a file: what `import` reads and `export` writes, as JSON or as CSV.
struct CatalogueFile: Sendable {
    var locations: [LocationRow] = []
    var products: [ProductRow] = []

    struct LocationRow: Codable, Equatable, Sendable {
        var code: String
        var name: String?
        var sells: Bool?
    }

    struct ProductRow: Sendable {
        var id: Int64?
        var name: String
        var status: String?
        var price: Price?
        /// Whether its one variant is the default variant.
        var isSingle: Bool
        var variants: [VariantRow]
    }

    struct VariantRow: Sendable {
        var id: Int64?
        var sku: String
        var name: String
        /// `nil` follows the product's.
        var price: Price?
        var barcodes: [Barcode] = []
        var lowStockThreshold: Int64?
        var rearm: Int64?
        /// Units by location.
        var stock: [String: Int64] = [:]
    }

    /// Reads `path`: JSON if its name ends so, else CSV.
    static func read(_ path: String) throws -> CatalogueFile {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw Failure("error: \(path) cannot be read: \(error.localizedDescription)")
        }
        return path.lowercased().hasSuffix(".json") ? try CatalogueJSON.read(data, path) : try CatalogueCSV.read(data, path)
    }
}
