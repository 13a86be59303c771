import TallywireCore

/// What of the site is not here, and why.
struct Missing: Sendable {
    /// The most SKUs, and the most products, that are kept to be looked at again. With more, a snapshot of the site is taken once one of
    /// those that are kept is known.
    static let limit = 10_000

    /// Why the stock of a SKU is not here.
    struct Reason: Sendable {
        let text: String
        /// Whether there is no such SKU here.
        let isUnknown: Bool
    }

    /// SKUs of the site whose stock is not here.
    private(set) var skus: [String: Reason] = [:]
    /// Products of the site, by its ids, that could not be made the same here.
    private(set) var products: [ProductID: String] = [:]
    /// SKUs that the site does not have any more, and that could not be removed here.
    private(set) var removals: [String: String] = [:]
    /// Locations of the site that cannot be here.
    private(set) var locations: [String: String] = [:]
    /// Whether more was missing than is kept.
    private(set) var isCut = false

    /// Whether everything is here that can be: a location whose code does not fit never can.
    var isComplete: Bool { skus.isEmpty && products.isEmpty && removals.isEmpty && !isCut }

    mutating func add(sku: String, _ reason: String, isUnknown: Bool) {
        Self.add(sku, Reason(text: reason, isUnknown: isUnknown), to: &skus, &isCut)
    }
    mutating func add(product: ProductID, _ reason: String) { Self.add(product, reason, to: &products, &isCut) }
    mutating func add(removal: String, _ reason: String) { Self.add(removal, reason, to: &removals, &isCut) }
    mutating func add(location: String, _ reason: String) { Self.add(location, reason, to: &locations, &isCut) }

    mutating func remove(sku: String) { skus[sku] = nil }
    mutating func remove(product: ProductID) { products[product] = nil }
    mutating func remove(removal: String) { removals[removal] = nil }
    mutating func remove(location: String) { locations[location] = nil }

    private static func add<Key, Value>(_ key: Key, _ reason: Value, to reasons: inout [Key: Value], _ isCut: inout Bool) {
        guard reasons[key] != nil || reasons.count < limit else {
            isCut = true
            return
        }
        reasons[key] = reason
    }

    /// What is missing, in a sentence for people; `nil` if nothing is.
    var words: String? {
        var parts: [String] = []
        if !skus.isEmpty {
            let sorted = skus.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value.text) }
            parts.append(Self.words("the stock of", skus.count, "SKU", sorted))
        }
        if !products.isEmpty {
            let sorted = products.sorted { $0.key.rawValue < $1.key.rawValue }.map { (key: "product \($0.key)", value: $0.value) }
            parts.append(Self.words("changes of", products.count, "product", sorted))
        }
        if !removals.isEmpty {
            parts.append(Self.words("the removal of", removals.count, "SKU", removals.sorted { $0.key < $1.key }))
        }
        if !locations.isEmpty {
            parts.append(Self.words("the stock at", locations.count, "location", locations.sorted { $0.key < $1.key }))
        }
        if isCut { parts.append("more than that was not kept") }
        return parts.isEmpty ? nil : "not here: " + parts.joined(separator: "; ")
    }

    private static func words(_ what: String, _ count: Int, _ noun: String, _ reasons: [(key: String, value: String)]) -> String {
        let first = reasons.prefix(3).map { "\($0.key.excerpt) (\($0.value))" }.joined(separator: ", ")
        return "\(what) \(count) \(noun)\(count == 1 ? "" : "s"): \(first)\(count > 3 ? ", …" : "")"
    }
}
