import TallywireCore

/// What of an event its readers see. Rooms with the same audience share the same bytes.
struct Audience: Hashable, Sendable {
    /// The members of `data` that are sent; `nil` for all.
    let fields: Set<String>?
    /// Whether stock is sent in bands; `nil` for units.
    let bands: StockBands?

    /// Sees everything, in the very bytes of the journal.
    static let everybody = Audience(fields: nil, bands: nil)

    /// What every reader needs to know which value is which and whether it is newer.
    static let identity: Set<String> = ["productId", "variantId", "version"]

    init(fields: [String]?, bands: [Int64]?) {
        self.fields = fields.map { Self.identity.union($0) }
        self.bands = bands.map(StockBands.init)
    }

    /// Whether it sees events as they are.
    var seesAll: Bool { fields == nil && bands == nil }

    /// Whether a member of `data` is sent.
    func sees(_ member: String) -> Bool {
        if bands != nil, StockBands.telling.contains(member) { return false }
        return fields?.contains(member) ?? true
    }

    /// Less is seen by the later of two audiences: what a reader of both gets is the earlier one's.
    static func seesMore(_ a: Audience, _ b: Audience) -> Bool {
        if (a.bands == nil) != (b.bands == nil) { return a.bands == nil }
        return (a.fields?.count ?? .max) > (b.fields?.count ?? .max)
    }
}
