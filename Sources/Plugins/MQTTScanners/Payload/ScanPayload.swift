import Foundation
import TallywireCore

/// What a scanner published: one code, one scan, or several that are one movement.
struct ScanPayload: Equatable, Sendable {
    /// At least one.
    var scans: [Scan]
    /// Whether they came as an array, which is answered with a list of lines.
    var isList: Bool

    /// The id that the scanner gave: an array's is its first element's.
    var id: String? { scans.first?.id }

    /// Reads a payload. Text that does not begin with `{` or `[` is a code as it stands, without the white space around it; a JSON
    /// string and a JSON number are codes too, since `4006381333931` is both.
    init(_ payload: [UInt8], lineLimit: Int) throws(MalformedScan) {
        guard let text = String(validating: payload, as: UTF8.self) else { throw MalformedScan("the payload is not UTF-8") }
        let trimmed = text.unicodeScalars.drop(while: Self.isBlank)
        switch trimmed.first {
        case "{":
            self.init(scans: [try Self.decode(Scan.self, payload)], isList: false)
        case "[":
            let scans = try Self.decode([Scan].self, payload)
            guard !scans.isEmpty else { throw MalformedScan("an array of scans cannot be empty") }
            guard scans.count <= lineLimit else {
                throw MalformedScan("an array has at most \(lineLimit) scans, not \(scans.count)")
            }
            self.init(scans: scans, isList: true)
        default:
            let end = trimmed.lastIndex { !Self.isBlank($0) }.map { trimmed.index(after: $0) } ?? trimmed.startIndex
            var code = String(trimmed[..<end])
            if code.hasPrefix("\""), code.count > 1, code.hasSuffix("\"") { code = try Self.decode(String.self, Array(code.utf8)) }
            guard !code.isEmpty else { throw MalformedScan("the payload is empty: a code is expected, or JSON") }
            guard code.unicodeScalars.count <= Limits.barcodeLength else {
                throw MalformedScan("a code has at most \(Limits.barcodeLength) characters")
            }
            self.init(scans: [Scan(item: .barcode(code))], isList: false)
        }
    }

    init(scans: [Scan], isList: Bool) {
        self.scans = scans
        self.isList = isList
    }

    /// The id in a payload that is wrong in another place, so that its sender knows the answer as his.
    static func id(inMalformed payload: [UInt8]) -> String? {
        struct Named: Decodable { let id: String? }
        let decoder = JSONDecoder()
        let named =
            (try? decoder.decode(Named.self, from: Data(payload)))
            ?? (try? decoder.decode([Named].self, from: Data(payload)))?.first
        guard let id = named?.id, Command.validate(id: id) == nil else { return nil }
        return id
    }

    /// White space of JSON, and the NUL that some scanners end a code with. Not the GS of GS1, which belongs to the code.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\n" || scalar == "\0"
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ payload: [UInt8]) throws(MalformedScan) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(payload))
        } catch let error as MalformedScan {
            throw error
        } catch DecodingError.dataCorrupted(let context) {
            let reason = (context.underlyingError as NSError?)?.userInfo[NSDebugDescriptionErrorKey] as? String
            throw MalformedScan("the payload is not JSON: \(reason ?? context.debugDescription)")
        } catch {
            throw MalformedScan("the payload is not JSON: \(error)")
        }
    }
}
