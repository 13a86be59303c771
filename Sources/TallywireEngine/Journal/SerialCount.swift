import TallywireCore

/// That a unit with a serial number was counted in or out.
public struct SerialCount: Equatable, Sendable {
    /// Which unit: serial numbers are unique within a variant.
    public struct Key: Hashable, Sendable {
        public let variant: VariantID
        public let serial: String

        public init(variant: VariantID, serial: String) {
            self.variant = variant
            self.serial = serial
        }
    }

    public typealias Direction = TallywireCore.Operation.Direction

    public let key: Key
    public let direction: Direction
    /// The `inventory_updated` that counted it.
    public let seq: UInt64

    public init(key: Key, direction: Direction, seq: UInt64) {
        self.key = key
        self.direction = direction
        self.seq = seq
    }
}
