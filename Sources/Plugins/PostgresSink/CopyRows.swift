import TallywireCore
import TallywireEngine

/// Rows of events in the text format of `COPY` (https://www.postgresql.org/docs/15/sql-copy.html, “Text Format”).
struct CopyRows {
    private(set) var bytes: [UInt8] = []

    /// The rows of `records`. A record that a journal damaged is left out; see ``isWhole(_:)``.
    init(_ records: ArraySlice<EventEnvelope>) {
        bytes.reserveCapacity(records.reduce(0) { $0 + $1.json.count + 96 })
        for record in records {
            guard let data = record.data else { continue }
            append(Array("\(record.seq)".utf8))
            append(field: record.timestamp.description)
            append(field: record.type.rawValue)
            append(field: record.subject.product.map { "\($0.rawValue)" })
            append(field: record.subject.variant.map { "\($0.rawValue)" })
            append(field: record.subject.sku)
            append(field: record.subject.location)
            bytes.append(UInt8(ascii: "\t"))
            append(escaped: data)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    /// Whether `record` has the data that its row needs.
    static func isWhole(_ record: EventEnvelope) -> Bool { record.data != nil }

    private mutating func append(_ plain: [UInt8]) { bytes += plain }

    private mutating func append(field text: String?) {
        bytes.append(UInt8(ascii: "\t"))
        if let text {
            append(escaped: text.utf8)
        } else {
            bytes += [UInt8(ascii: "\\"), UInt8(ascii: "N")]
        }
    }

    private mutating func append(escaped text: some Sequence<UInt8>) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\\"): bytes += [byte, byte]
            case UInt8(ascii: "\t"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\r"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            default: bytes.append(byte)
            }
        }
    }
}
