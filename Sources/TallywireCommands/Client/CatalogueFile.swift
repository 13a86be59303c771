import Foundation
import TallywireCore

/// Catalogue and stock in a file, as JSON or as CSV. `import` reads the file, and `export` writes it.
///
/// A value that is `nil` is not in the file. An import does not change it.
struct CatalogueFile: Sendable {
    var locations: [LocationRow] = []
    var products: [ProductRow] = []
    /// Oddities that are no reason to refuse the file, each with its position.
    var notes: [String] = []

    struct LocationRow: Equatable, Sendable {
        var code: String
        var name: String?
        var sells: Bool?
        var priority: Int64?
        /// The position in the file, such as `stock.csv:7`.
        var place = ""
    }

    struct ProductRow: Sendable {
        var id: Int64?
        var name: String?
        var status: ProductStatus?
        /// `.some(nil)` stands for a product without a price.
        var price: Price??
        var variants: [VariantRow] = []
        var place = ""
    }

    struct VariantRow: Sendable {
        var id: Int64?
        /// The product's id, if the variant's own rows have it.
        var productID: Int64?
        var sku: String
        /// `nil` also for the default variant of a product without variants.
        var name: String?
        /// Whether this is the default variant of a product without variants, if the format says so.
        var isDefault: Bool?
        /// The price at which the variant is sold. `.some(nil)` says that there is no price, or no own price.
        var price: Price??
        /// Whether that price is the variant's own and not the product's.
        var ownPrice: Bool?
        var barcodes: [Barcode]?
        var lowStockThreshold: Int64?
        var rearm: Int64?
        /// The thresholds of locations, all that there are.
        var thresholds: [ThresholdChange]?
        /// Units by location.
        var stock: [String: Count] = [:]
        var place = ""
    }

    /// Units at a location, with their position in the file.
    struct Count: Sendable {
        var units: Int64
        var place = ""
    }

    /// Reads the file `path`, or standard input for `-`: as JSON if the name ends or the text begins like that, else as CSV.
    static func read(_ path: String) throws -> CatalogueFile {
        let name = path == "-" ? "standard input" : path
        let file: FileText
        do {
            // `Data(contentsOf:)` asks for a size, which a pipe does not have.
            let handle = path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            file = try FileText(try handle.read(upToCount: FileText.limit + 1) ?? Data(), name)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure("error: \(name) cannot be read: \(error.localizedDescription)")
        }
        // A pipe's name says nothing about the format. No CSV header begins with a bracket.
        let first = file.text.unicodeScalars.first { !$0.properties.isWhitespace }
        let isJSON = path.lowercased().hasSuffix(".json") || first == "{" || first == "["
        var catalogue = isJSON ? try CatalogueJSON.read(file.text, name) : try CatalogueCSV.read(file.text, name)
        if let note = file.note { catalogue.notes.insert(note, at: 0) }
        return catalogue
    }
}
