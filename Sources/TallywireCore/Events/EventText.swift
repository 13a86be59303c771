import Foundation

extension Event {
    /// Reads an event's JSON. `defaultVariant` is the variant that `null` stands for; see ``CodingUserInfoKey/defaultVariantID``.
    ///
    /// A change of stock or price, as ``write(to:)`` writes it, is read by itself: nearly all events of a journal are such, and a general
    /// decoder takes several times as long. Whatever is different in any way is left to the decoder, which also says what is wrong with
    /// it. Throws `DecodingError`.
    public init(json: [UInt8], defaultVariant: VariantID? = nil) throws {
        if let event = Event(plain: json, defaultVariant: defaultVariant) {
            self = event
        } else {
            let decoder = JSONDecoder()
            if let defaultVariant { decoder.userInfo[.defaultVariantID] = defaultVariant }
            self = try decoder.decode(Event.self, fromOutside: json)
        }
    }

    /// `nil` if the event is no change of stock or price, or if anything of it is not as this program writes it.
    init?(plain json: [UInt8], defaultVariant: VariantID?) {
        guard (try? UTF8Span(validating: json.span)) != nil else { return nil }
        var index = 0
        func take(_ text: String) -> Bool {
            guard json[index...].starts(with: text.utf8) else { return false }
            index += text.utf8.count
            return true
        }
        /// The text up to `end`, which no text of a number or a time has in it.
        func text(until end: Unicode.Scalar) -> ArraySlice<UInt8>? {
            guard let stop = json[index...].firstIndex(of: UInt8(ascii: end)) else { return nil }
            defer { index = stop }
            return json[index..<stop]
        }
        guard take(#"{"type":"inventory_updated","seq":"#), let digits = text(until: ","), let seq = UInt64(plain: digits),
            digits.count == 1 || digits.first != UInt8(ascii: "0"), take(#","timestamp":"#), let time = text(until: ","),
            time.count(where: { $0 == UInt8(ascii: "\"") }) == 2, time.last == UInt8(ascii: "\""),
            let timestamp = Timestamp(plain: time),
            take(#","data":"#), let members = try? PlainMembers(json, at: &index), take("}"), index == json.count,
            let read = try? Self.update(EventData(members, defaultVariant: defaultVariant))
        else { return nil }
        self.init(seq: seq, timestamp: timestamp, body: .inventoryUpdated(read.update), trace: read.trace)
    }

    private static func update(_ data: EventData) throws -> (update: InventoryUpdated, trace: TraceParent?) {
        (try InventoryUpdated(data), try data.trace())
    }
}
