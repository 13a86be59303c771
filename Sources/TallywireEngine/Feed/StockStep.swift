/// What an `inventory_updated` says about the stock before and after it.
public struct StockStep: Equatable, Sendable {
    public let before: Int64
    public let after: Int64
    /// Whether units moved; otherwise the price changed.
    public let isMovement: Bool

    init(before: Int64, after: Int64, isMovement: Bool) {
        self.before = before
        self.after = after
        self.isMovement = isMovement
    }

    /// Reads it from an event's JSON; `nil` for an event of another kind.
    public init?(_ json: [UInt8]) {
        var before: Int64?
        var after: Int64?
        var isMovement = false
        json.withUnsafeBufferPointer { bytes in
            guard let data = bytes.dataObject else { return }
            var members = JSONMembers(bytes, objectAt: data)
            while before == nil || after == nil || !isMovement, let (key, value) = members.next() {
                if bytes.holds("stock", at: key) {
                    after = bytes.integer(at: value)
                } else if bytes.holds("previousStock", at: key) {
                    before = bytes.integer(at: value)
                } else if bytes.holds("operation", at: key) {
                    isMovement = true
                }
            }
        }
        guard let before, let after else { return nil }
        self.before = before
        self.after = after
        self.isMovement = isMovement
    }

    /// Whether it takes the variant out of stock or brings it back.
    public var isCrossing: Bool { (before > 0) != (after > 0) }
}
