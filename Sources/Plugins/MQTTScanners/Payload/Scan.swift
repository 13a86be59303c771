import GS1
import TallywireCore

/// What one scan says, before the device's settings fill in the missing values.
struct Scan: Equatable, Sendable {
    /// What was scanned, or named by its key.
    enum Item: Equatable, Sendable {
        /// A code as the scanner read it: a plain barcode, or a code with GS1 elements.
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
    /// The location to which a transfer goes, or the state to which a move goes.
    var destination: String?
    var reason: String?
    var occurredAt: Timestamp?
    var expected: Int64?
    /// The reservation whose units a capture takes.
    var reservation: String?
    /// The state from which a move takes units. The one to which it brings them is ``destination``.
    var from: String?
    /// The states from which and to which units of other operations go.
    var fromState: StockState?
    var toState: StockState?
    /// What the payload says of the units; the elements in the code are added.
    var trace = Trace()

    init(item: Item) { self.item = item }
}

/// Why a payload is not a valid scan: where it is wrong and what is expected there.
struct MalformedScan: Error, Equatable, CustomStringConvertible {
    let description: String
}

extension MalformedScan {
    init(_ description: String) { self.description = description }
}

extension Scan {
    /// Every key that a scan may have.
    private enum Key: String, CaseIterable {
        case id, barcode, sku, variantId, operation, quantity, location, to, reason, occurredAt, expected, batch, serial, expiry
        case reservation, from, fromState, toState
    }

    /// Reads a scan in Tallywire's own format. In errors `place` stands before each key. `null` is the same as leaving a key out,
    /// except for the quantity, where leaving it out would count one unit.
    init(_ value: JSONValue, at place: String = "") throws(MalformedScan) {
        guard let members = value.object else {
            throw MalformedScan(
                place.isEmpty ? "a scan is a code, an object, or an array of objects" : "\(place.dropLast()) is not an object")
        }
        var values: [Key: JSONValue] = [:]
        for member in members {
            guard let key = Key(rawValue: member.name) else {
                throw MalformedScan(
                    "\(place)\(member.name.prefix(64)) is not a key of a scan; these are: "
                        + Key.allCases.map(\.rawValue).joined(separator: ", "))
            }
            guard member.value != .null || key == .quantity else { continue }
            guard values.updateValue(member.value, forKey: key) == nil else {
                throw MalformedScan("\(place)\(key.rawValue) is there twice")
            }
        }
        func read<Value>(
            _ key: Key, _ expectation: @autoclosure () -> String, _ convert: (JSONValue) -> Value?
        ) throws(MalformedScan) -> Value? {
            guard let value = values[key] else { return nil }
            guard let converted = convert(value) else { throw MalformedScan("\(place)\(key.rawValue) has to be \(expectation())") }
            return converted
        }
        func text(_ key: Key) throws(MalformedScan) -> String? { try read(key, "a string", \.string) }
        func number(_ key: Key) throws(MalformedScan) -> Int64? { try read(key, "a whole number", \.integer) }
        var items: [Item] = []
        if let code = try read(.barcode, "a code", \.code) { items.append(.code(code)) }
        if let sku = try text(.sku) { items.append(.named(.sku(sku))) }
        if let variant = try number(.variantId) { items.append(.named(.variant(VariantID(variant)))) }
        guard items.count == 1, let item = items.first else {
            throw MalformedScan(
                (place.isEmpty ? "a scan" : "\(place.dropLast())") + " needs one of barcode, sku and variantId"
                    + (items.isEmpty ? "" : ", not \(items.count)"))
        }
        self.init(item: item)
        id = try text(.id)
        operation = try read(.operation, "one of \(Operation.ofLines.map(\.rawValue).joined(separator: ", "))") {
            $0.string.flatMap { Operation(rawValue: $0) }.flatMap { $0.isOfLines ? $0 : nil }
        }
        reservation = try text(.reservation)
        quantity = try number(.quantity)
        location = try text(.location)
        destination = try text(.to)
        from = try text(.from)
        fromState = try read(.fromState, StockState.expectation) { $0.string.flatMap(StockState.init(rawValue:)) }
        toState = try read(.toState, StockState.expectation) { $0.string.flatMap(StockState.init(rawValue:)) }
        reason = try text(.reason)
        occurredAt = try read(.occurredAt, "a time with a zone, such as 2026-11-22T16:40:00.123Z") {
            $0.string.flatMap { Timestamp($0) }
        }
        expected = try number(.expected)
        trace.batch = try text(.batch)
        trace.serial = try text(.serial)
        trace.expiry = try read(.expiry, "a day, such as 2027-03-31") { $0.string.flatMap { CalendarDate($0) } }
    }
}

extension StockState {
    /// What a member that names a state has to be.
    static let expectation = "one of \(allCases.map(\.rawValue).joined(separator: ", "))"
}
