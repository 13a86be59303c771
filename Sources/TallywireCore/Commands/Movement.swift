/// One wanted change of stock: one or more lines that apply together or not at all.
///
/// The lines act in order and see each other, so that a SKU that occurs twice is checked on the sum.
public struct Movement: Equatable, Sendable {
    public var reason: String?
    /// What it belongs to: an order, a delivery note.
    public var reference: String?
    /// When it happened at the source, if that was not now.
    public var occurredAt: Timestamp?
    public var lines: [Line]

    public init(reason: String? = nil, reference: String? = nil, occurredAt: Timestamp? = nil, lines: [Line]) {
        self.reason = reason
        self.reference = reference
        self.occurredAt = occurredAt
        self.lines = lines
    }

    public struct Line: Equatable, Sendable {
        public var item: ItemReference
        /// Where; for a transfer, where from.
        public var location: String
        public var operation: Operation
        /// Units, or scans of a barcode, each of which stands for that barcode's units. 1 and more, 0 too for `set`.
        public var quantity: Int64
        /// Where to, for a transfer and for nothing else.
        public var destination: String?
        /// The available units at `location` before this line, if the caller wants the line to apply only then.
        public var expected: Int64?
        /// Which of the units they are.
        public var trace: Trace

        public init(
            item: ItemReference, location: String, operation: Operation, quantity: Int64, destination: String? = nil,
            expected: Int64? = nil, trace: Trace = Trace()
        ) {
            self.item = item
            self.location = location
            self.operation = operation
            self.quantity = quantity
            self.destination = destination
            self.expected = expected
            self.trace = trace
        }
    }
}

/// How a caller names a variant.
public enum ItemReference: Hashable, Sendable {
    case sku(String)
    case barcode(String)
    case variant(VariantID)
}
