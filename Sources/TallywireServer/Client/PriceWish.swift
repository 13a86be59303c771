import TallywireCore

/// What a file says of the price of a variant, made of what its fields say together.
enum PriceWish: Equatable, Sendable {
    /// It has the product's price, which is this one where the file says so.
    case follows(at: Price?)
    /// It has a price of its own.
    case own(Price)
    /// It sells for this, whosever price that is.
    case sells(Price)

    /// Fields that cannot all be true.
    struct Contradiction: Error, Equatable {
        let what: String
    }

    /// What `row` says beside the price of its product, `nil` where it says nothing.
    static func read(
        _ row: CatalogueFile.VariantRow, productPrice: Price??
    ) throws(Contradiction) -> PriceWish? {
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

    /// The price that `row` gives to a product without variants, whose price is the product's and no other; `nil` where it says nothing.
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
