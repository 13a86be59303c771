public import TallywireCore

extension TallywireClient {
    /// Identifies a variant among all variants, or a product's default variant.
    public struct ItemKey: Hashable, Sendable, CustomStringConvertible {
        public let product: ProductID
        /// `nil` for the default variant, which is that of a product without variants.
        public let variant: VariantID?

        public init(product: ProductID, variant: VariantID? = nil) {
            self.product = product
            self.variant = variant
        }

        /// The form of the browser's client: `1/11`, and `2/` for a default variant.
        public var description: String { "\(product)/\(variant?.description ?? "")" }
    }

    /// How far a room was read.
    public typealias Position = JournalPosition

    /// The approximate stock, where a room does not show the units.
    public enum Band: Hashable, Sendable {
        case out
        /// There is some stock, at most this much.
        case few(atMost: Int64?)
        /// There is more than this.
        case inStock(moreThan: Int64?)
    }
}
