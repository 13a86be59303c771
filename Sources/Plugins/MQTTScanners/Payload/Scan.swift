import TallywireCore

/// What one scan says, before the device's settings fill in the rest.
struct Scan: Equatable, Sendable {
    var id: String?
    var item: ItemReference
    var operation: Operation?
    var quantity: Int64?
    var location: String?
    var destination: String?
    var reason: String?
    var occurredAt: Timestamp?
    var expected: Int64?

    init(item: ItemReference) { self.item = item }
}

/// Why a payload is no scan: where it is wrong and what is expected there.
struct MalformedScan: Error, Equatable, CustomStringConvertible {
    let description: String
}

extension MalformedScan {
    init(_ description: String) { self.description = description }
}
