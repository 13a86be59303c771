/// A requested change of stock: one or more lines that apply together or not at all.
///
/// The lines apply in order, and each sees the ones before, so that a SKU that occurs twice is checked on the sum.
public struct Movement: Equatable, Sendable, Codable {
    public var reason: String?
    /// What the movement belongs to: an order, a delivery note.
    public var reference: String?
    /// When the movement happened at the source, if that was not now.
    public var occurredAt: Timestamp?
    public var lines: [Line]

    public init(reason: String? = nil, reference: String? = nil, occurredAt: Timestamp? = nil, lines: [Line]) {
        self.reason = reason
        self.reference = reference
        self.occurredAt = occurredAt
        self.lines = lines
    }

    public struct Line: Equatable, Sendable, Codable {
        public var item: ItemReference
        /// The location; of a transfer, the one from which units are taken. `nil` only for units of a reservation, wherever it holds
        /// them.
        public var location: String?
        public var operation: Operation
        /// Units, or scans of a barcode, each of which stands for that barcode's units. At least 1; `set` also allows 0.
        public var quantity: Int64
        /// The location to which a transfer takes units; `nil` for other operations.
        public var destination: String?
        /// The units that have to be available at `location` before this line, if the line may apply only then.
        public var expected: Int64?
        /// Which units of the variant the line is about.
        public var trace: Trace
        /// The id of the reservation whose units a capture takes; `nil` for other operations.
        public var reservation: String?
        /// The state from which units are taken; `available` unless the operation is ``Operation/takesFromState``.
        public var fromState: StockState
        /// The state to which units come; `available` unless the operation is ``Operation/putsIntoState``.
        public var toState: StockState
        /// Whether a `subtract` applies although fewer units are known to be available. What is on hand may then fall below 0.
        public var allowsNegative: Bool

        public init(
            item: ItemReference, location: String?, operation: Operation, quantity: Int64, destination: String? = nil,
            expected: Int64? = nil, trace: Trace = Trace(), reservation: String? = nil, fromState: StockState = .available,
            toState: StockState = .available, allowsNegative: Bool = false
        ) {
            self.item = item
            self.location = location
            self.operation = operation
            self.quantity = quantity
            self.destination = destination
            self.expected = expected
            self.trace = trace
            self.reservation = reservation
            self.fromState = fromState
            self.toState = toState
            self.allowsNegative = allowsNegative
        }
    }
}

/// How a caller names a variant.
public enum ItemReference: Hashable, Sendable, Codable {
    case sku(String)
    case barcode(String)
    case variant(VariantID)
}
