import Foundation
import TallywireCore

/// Catalogue and stock in a file: what `import` reads and `export` writes, as JSON or as CSV.
///
/// What is `nil` the file does not name, and whoever carries it out leaves it alone.
struct CatalogueFile: Sendable {
    var locations: [LocationRow] = []
    var products: [ProductRow] = []
    /// What is odd and no reason to refuse, each with its place.
    var notes: [String] = []

    struct LocationRow: Equatable, Sendable {
        var code: String
        var name: String?
        var sells: Bool?
        /// Where it stands, such as `stock.csv:7`.
        var place = ""
    }

    struct ProductRow: Sendable {
        var id: Int64?
        var name: String?
        var status: ProductStatus?
        /// `.some(nil)` is a product without a price.
        var price: Price??
        var variants: [VariantRow] = []
        var place = ""
    }

    struct VariantRow: Sendable {
        var id: Int64?
        /// The id of its product, where its own rows say it.
        var productID: Int64?
        var sku: String
        /// `nil` also for the default variant of a product without variants.
        var name: String?
        /// Whether it is the default variant of a product without variants, where the form tells.
        var isDefault: Bool?
        /// What it sells for. `.some(nil)` says that there is no price, or none of its own.
        var price: Price??
        /// Whether that price is its own and not the product's.
        var ownPrice: Bool?
        var barcodes: [Barcode]?
        var lowStockThreshold: Int64?
        var rearm: Int64?
        /// Units by location.
        var stock: [String: Count] = [:]
        var place = ""
    }

    /// Units at a location, and where that stands.
    struct Count: Sendable {
        var units: Int64
        var place = ""
    }

    /// Reads `path`, or for `-` standard input: JSON if the name ends or the text begins so, else CSV.
    static func read(_ path: String) throws -> CatalogueFile {
        let name = path == "-" ? "standard input" : path
        let file: FileText
        do {
            // Not `Data(contentsOf:)`, which asks for a size that a pipe does not have.
            let handle = path == "-" ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            file = try FileText(try handle.read(upToCount: FileText.limit + 1) ?? Data(), name)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure("error: \(name) cannot be read: \(error.localizedDescription)")
        }
        // A pipe's name tells nothing, and no row of columns begins with a bracket.
        let first = file.text.unicodeScalars.first { !$0.properties.isWhitespace }
        let isJSON = path.lowercased().hasSuffix(".json") || first == "{" || first == "["
        var catalogue = isJSON ? try CatalogueJSON.read(file.text, name) : try CatalogueCSV.read(file.text, name)
        if let note = file.note { catalogue.notes.insert(note, at: 0) }
        return catalogue
    }
}
