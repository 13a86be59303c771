import Foundation
import TallywireCore

extension Scan: Decodable {
    /// Every key that a scan may have.
    private enum Key: String, CaseIterable {
        case id, barcode, sku, variantId, operation, quantity, location, to, reason, occurredAt, expected
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads a scan, and throws ``MalformedScan`` with the key that is wrong. `null` is the same as leaving a key out.
    init(from decoder: any Decoder) throws {
        // In an array the path has the index.
        let place = decoder.codingPath.first?.intValue.map { "[\($0)]." } ?? ""
        guard let container = try? decoder.container(keyedBy: AnyKey.self) else {
            throw MalformedScan(
                place.isEmpty ? "a scan is a code, an object, or an array of objects" : "\(place.dropLast()) is not an object")
        }
        for key in container.allKeys.map(\.stringValue).sorted() where Key(rawValue: key) == nil {
            throw MalformedScan(
                "\(place)\(key) is not a key of a scan; these are: \(Key.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        func value<Value: Decodable>(_ key: Key, _ type: Value.Type, _ expectation: String) throws -> Value? {
            do { return try container.decodeIfPresent(Value.self, forKey: AnyKey(stringValue: key.rawValue)) } catch {
                throw MalformedScan("\(place)\(key.rawValue) has to be \(expectation)")
            }
        }
        var items: [ItemReference] = []
        if let barcode = try value(.barcode, Code.self, "a code") { items.append(.barcode(barcode.text)) }
        if let sku = try value(.sku, String.self, "a string") { items.append(.sku(sku)) }
        if let variant = try value(.variantId, Int64.self, "a whole number") { items.append(.variant(VariantID(variant))) }
        guard items.count == 1, let item = items.first else {
            throw MalformedScan(
                (place.isEmpty ? "a scan" : "\(place.dropLast())") + " needs one of barcode, sku and variantId"
                    + (items.isEmpty ? "" : ", not \(items.count)"))
        }
        self.init(item: item)
        id = try value(.id, String.self, "a string")
        operation = try value(
            .operation, Operation.self, "one of \(Operation.allCases.map(\.rawValue).joined(separator: ", "))")
        quantity = try value(.quantity, Int64.self, "a whole number")
        location = try value(.location, String.self, "a string")
        destination = try value(.to, String.self, "a string")
        reason = try value(.reason, String.self, "a string")
        occurredAt = try value(.occurredAt, Timestamp.self, "a time with a zone, such as 2026-11-22T16:40:00.123Z")
        expected = try value(.expected, Int64.self, "a whole number")
    }

    /// A code as a string, or as the number that some scanners make of it.
    private struct Code: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else {
                text = String(try container.decode(UInt64.self))
            }
        }
    }
}
