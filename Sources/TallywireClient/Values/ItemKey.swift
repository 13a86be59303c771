public import TallywireCore

extension TallywireClient {
    /// Names a variant among all, or a product's default variant.
    public struct ItemKey: Hashable, Sendable, CustomStringConvertible {
        public let product: ProductID
        /// `nil` for the default variant: that of a product without variants.
        public let variant: VariantID?

        public init(product: ProductID, variant: VariantID? = nil) {
            self.product = product
            self.variant = variant
        }

        /// As the browser's client writes it: `1/11`, and `2/` for a default variant.
        public var description: String { "\(product)/\(variant?.description ?? "")" }
    }

    /// How far a room was read.
    public typealias Position = JournalPosition

    /// How much there is, roughly, where a room does not tell the units.
    public enum Band: Hashable, Sendable {
        case out
        /// Some, and at most so many.
        case few(atMost: Int64?)
        /// More than so many.
        case inStock(moreThan: Int64?)
    }
}
