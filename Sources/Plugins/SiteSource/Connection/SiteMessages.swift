import TallywireCore

/// A page of a list of the site's API.
struct SitePage<Item: Decodable & Sendable>: Decodable, Sendable {
    let items: [Item]
    let nextCursor: String?
}

/// A location of the site.
struct SiteLocation: Decodable, Equatable, Sendable {
    let code: String
    let name: String
    let sells: Bool
    /// Absent in earlier versions.
    let priority: Int64?
}

/// A product of the site, with its variants.
struct SiteProduct: Decodable, Sendable {
    let id: Int64
    let name: String
    let status: ProductStatus
    let price: Price?
    let variants: [SiteVariant]
}

/// A variant of the site, with its stock.
struct SiteVariant: Decodable, Sendable {
    let isDefault: Bool
    let sku: String
    let name: String
    let price: Price?
    let ownPrice: Bool
    let barcodes: [Barcode]
    let locations: [SiteStock]

    /// The price that is the variant's own.
    var priceOfItsOwn: Price? { ownPrice ? price : nil }
}

/// Units that are available at a location of the site.
struct SiteStock: Decodable, Equatable, Sendable {
    let location: String
    let stock: Int64
}
