import TallywireCore

/// What a file asks for as a variant's price, from several fields together.
enum PriceChange: Equatable, Sendable {
    /// The variant has the product's price, which is this one if the file says so.
    case follows(at: Price?)
    /// The variant has a price of its own.
    case own(Price)
    /// The variant is sold at this price, whether it is its own or the product's.
    case sells(Price)

    /// Fields that contradict each other.
    struct Contradiction: Error, Equatable {
        let what: String
    }

    /// Reads the price of `row`, given its product's price; `nil` if the row says nothing about the price.
    static func read(
        _ row: CatalogueFile.VariantRow, productPrice: Price??
    ) throws(Contradiction) -> PriceChange? {
        switch (row.price, row.ownPrice) {
        case (nil, nil): return nil
        case (nil, true?), (.some(nil), true?):
            throw Contradiction(what: "ownPrice: is true, but there is no price that could be the variant's own")
        case (nil, false?), (.some(nil), _): return .follows(at: nil)
        case (.some(.some(let price)), true?): return .own(price)
        case (.some(.some(let price)), false?):
            if let productPrice, productPrice != price {
                throw Contradiction(
                    what: "ownPrice: is false, but the price is \(price) and the product's is \(text(productPrice))")
            }
            return .follows(at: price)
        case (.some(.some(let price)), nil):
            guard let productPrice else { return .sells(price) }
            return productPrice == price ? .follows(at: price) : .own(price)
        }
    }

    /// The price that `row` gives to a product without variants, which has only the product's price; `nil` if the row says nothing
    /// about it.
    static func ofSingle(
        _ row: CatalogueFile.VariantRow, productPrice: Price??
    ) throws(Contradiction) -> Price?? {
        if row.ownPrice == true {
            throw Contradiction(what: "ownPrice: is true, but a product without variants has one price, which is the product's")
        }
        guard let price = row.price else { return productPrice }
        if let productPrice, productPrice != price {
            throw Contradiction(
                what:
                    "price: is \(text(price)), but the product's is \(text(productPrice)), and a product without variants has one price"
            )
        }
        return .some(price)
    }

    static func text(_ price: Price?) -> String { price?.description ?? CSVField.none }
}
