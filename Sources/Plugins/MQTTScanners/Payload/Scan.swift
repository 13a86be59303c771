import TallywireCore

/// What one scan says, before the device's settings fill in the rest.
struct Scan: Equatable, Sendable {
    /// What was scanned, or named.
    enum Item: Equatable, Sendable {
        /// What a scanner read, as it read it: a plain barcode, or what GS1 puts into one.
        case code(String)
        /// The memory of an RFID tag, in hexadecimal digits.
        case tag(String)
        case named(ItemReference)
    }

    var id: String?
    var item: Item
    var operation: Operation?
    var quantity: Int64?
    var location: String?
    var destination: String?
    var reason: String?
    var occurredAt: Timestamp?
    var expected: Int64?
    /// What the payload says of the units; what stands in the code is added to it.
    var trace = Trace()

    init(item: Item) { self.item = item }
}

/// Why a payload is no scan: where it is wrong and what is expected there.
struct MalformedScan: Error, Equatable, CustomStringConvertible {
    let description: String
}

extension MalformedScan {
    init(_ description: String) { self.description = description }
}
