/// FNV-1a with 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv): a hash that is the same in every process, so that it can be stored
/// and sent.
///
/// The hash guards against mistakes and not against forgery.
public struct FNV1a: Sendable {
    public var value: UInt64 = 0xcbf2_9ce4_8422_2325

    public init() {}

    /// Hashes a byte or a larger number in one step.
    public mutating func combine(_ number: some FixedWidthInteger & UnsignedInteger) {
        value = (value ^ UInt64(number)) &* 0x0000_0100_0000_01b3
    }
}
