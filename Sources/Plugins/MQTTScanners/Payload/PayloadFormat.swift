import TallywireCore

/// How a device writes what it scans.
enum PayloadFormat: Sendable {
    /// The vendors whose formats are known. A new vendor needs its file and its name in this list.
    static let vendors: [any VendorFormat.Type] = [ProGlove.self, ZebraSled.self, ZebraReader.self]

    /// By the payload's shape, one of the other formats except `fields`.
    case automatic
    /// Tallywire's own format: a bare code, a scan, or an array of scans.
    case tallywire
    case vendor(any VendorFormat.Type)
    /// JSON of any shape, with pointers to the values of a scan.
    case fields(PayloadFields)

    /// Reads a payload. Returns `nil` for a message that is well-formed and no scan, such as the press of a button.
    func read(_ payload: [UInt8], limit: Int) throws(MalformedScan) -> ScanPayload? {
        try ScanPayload.refuseMarks(in: payload)
        let trimmed = ScanPayload.trimmed(payload)
        guard let first = trimmed.first else { throw MalformedScan("the payload is empty: a code is expected, or JSON") }
        let looksLikeJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        switch self {
        case .automatic where !looksLikeJSON, .tallywire where !looksLikeJSON: return try Self.bareCode(trimmed)
        default: break
        }
        let value: JSONValue
        do throws(JSONReader.Mistake) { value = try JSONReader.value(of: Array(trimmed)) } catch {
            throw String(validating: trimmed, as: UTF8.self) == nil
                ? MalformedScan("the payload is not UTF-8") : MalformedScan(error)
        }
        if let twice = value.repeatedMember { throw MalformedScan("\(twice.excerpt) is there twice") }
        let result: ScanPayload? =
            switch self {
            case .automatic: try Self.guessed(from: value).read(value, limit: limit)
            default: try read(value, limit: limit)
            }
        guard let result else { return nil }
        guard result.scans.count <= limit else {
            throw MalformedScan("a message has at most \(limit) scans, not \(result.scans.count)")
        }
        return result
    }

    private func read(_ value: JSONValue, limit: Int) throws(MalformedScan) -> ScanPayload? {
        switch self {
        case .automatic, .tallywire: try Self.contract(value, limit: limit)
        case .vendor(let vendor): try vendor.payload(value)
        case .fields(let fields): try fields.payload(value)
        }
    }

    /// The format to which `value` belongs, by members that only that format has.
    private static func guessed(from value: JSONValue) -> PayloadFormat {
        let first = value.array?.first ?? value
        return vendors.first { $0.isMeant(by: first) }.map { .vendor($0) } ?? .tallywire
    }

    /// A text that does not begin with `{` or `[` is a code as it stands. A JSON string or number is a code too: `4006381333931` is
    /// both a code and a number.
    private static func bareCode(_ bytes: ArraySlice<UInt8>) throws(MalformedScan) -> ScanPayload {
        guard var code = String(validating: bytes, as: UTF8.self) else { throw MalformedScan("the payload is not UTF-8") }
        if bytes.count > 1, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") {
            do throws(JSONReader.Mistake) { code = try JSONReader.value(of: Array(bytes)).string ?? code } catch {
                throw MalformedScan(error)
            }
        }
        return ScanPayload(scans: [Scan(item: .code(code))])
    }

    private static func contract(_ value: JSONValue, limit: Int) throws(MalformedScan) -> ScanPayload {
        guard let items = value.array else { return ScanPayload(scans: [try Scan(value)]) }
        guard !items.isEmpty else { throw MalformedScan("an array of scans cannot be empty") }
        guard items.count <= limit else { throw MalformedScan("a message has at most \(limit) scans, not \(items.count)") }
        var scans: [Scan] = []
        scans.reserveCapacity(items.count)
        for (index, item) in items.enumerated() { scans.append(try Scan(item, at: "[\(index)].")) }
        return ScanPayload(scans: scans, grouping: .together)
    }
}

/// How plugins.json writes a format: a word, or an object of pointers.
extension PayloadFormat: Decodable {
    /// The words for the formats.
    static let words: [(word: String, format: PayloadFormat)] =
        [("auto", .automatic), ("tallywire", .tallywire)] + vendors.map { ($0.word, .vendor($0)) }

    init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            guard let format = Self.words.first(where: { $0.word == word })?.format else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "“\(word)” is no payload"))
            }
            self = format
        } else {
            self = .fields(try PayloadFields(from: decoder))
        }
    }
}

extension PayloadFormat: Equatable {
    static func == (a: PayloadFormat, b: PayloadFormat) -> Bool {
        switch (a, b) {
        case (.automatic, .automatic), (.tallywire, .tallywire): true
        case (.vendor(let a), .vendor(let b)): a.word == b.word
        case (.fields(let a), .fields(let b)): a == b
        default: false
        }
    }
}
