import GS1

/// Which units of a variant a movement is about: the values that a GS1 barcode has beside the GTIN.
public struct Trace: Hashable, Sendable, Codable {
    /// The batch or lot (GS1 AI 10).
    public var batch: String?
    /// The serial number of one unit (GS1 AI 21).
    public var serial: String?
    /// The last day on which the units may be used (GS1 AI 17). It is always a day, never only a month.
    public var expiry: CalendarDate?

    public init(batch: String? = nil, serial: String? = nil, expiry: CalendarDate? = nil) {
        self.batch = batch
        self.serial = serial
        self.expiry = expiry
    }

    public var isEmpty: Bool { batch == nil && serial == nil && expiry == nil }
}

extension CalendarDate {
    /// Reads `2026-11-22` (RFC 3339, full-date).
    public init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], parts.joined().allSatisfy({ (48...57).contains($0) }),
            let year = Int(String(decoding: parts[0], as: UTF8.self)), let month = Int(String(decoding: parts[1], as: UTF8.self)),
            let day = Int(String(decoding: parts[2], as: UTF8.self))
        else { return nil }
        self.init(year: year, month: month, day: day)
    }
}

extension CalendarDate: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let date = CalendarDate(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a date is written like 2026-11-22")
        }
        self = date
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Trace {
    /// Writes `batch`, `serial` and `expiry`. Members without a value are left out.
    public func writeMembers(to json: inout JSONWriter) {
        json.member("batch", batch)
        json.member("serial", serial)
        json.member("expiry", expiry?.description)
    }
}
