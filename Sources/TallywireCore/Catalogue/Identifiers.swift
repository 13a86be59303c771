/// The identity of a product: a positive whole number, chosen by the caller or assigned in order of creation.
public struct ProductID: Hashable, Comparable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The number on the wire, 1 ... 2^53 − 1.
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(_ value: Int64) { self.rawValue = value }

    public var description: String { String(rawValue) }
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The identity of a variant, the sellable form of a product: a positive whole number, unique among all variants.
///
/// A product without variants of its own has one *default variant*. The default variant has an id like any other. But where an
/// event or a snapshot names it, `variantId` is `null` on the wire.
public struct VariantID: Hashable, Comparable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The number on the wire, 1 ... 2^53 − 1.
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(_ value: Int64) { self.rawValue = value }

    public var description: String { String(rawValue) }
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

extension ProductID: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self.rawValue = value }
}

extension VariantID: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self.rawValue = value }
}
