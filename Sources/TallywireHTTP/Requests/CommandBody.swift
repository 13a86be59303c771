import HTTPPort
import TallywireAccess
import TallywireCore

/// A body that asks for one change, and of which a request may also bring many: as an array, or one a line.
protocol CommandBody: Decodable, Sendable {
    /// The change's id; `nil` if the server makes one.
    var id: String? { get }

    /// The change, with the id that it gets.
    func command(id: String?, of principal: Principal?, in api: InventoryAPI) throws(Problem) -> Command

    /// Writes the answer to a change that was applied.
    static func write(_ receipt: Receipt, to json: inout JSONWriter)
}

/// A body that is an array. Each element is a change, or its mistake.
struct BatchBody<Body: CommandBody>: Decodable {
    let elements: [Result<Body, Problem>]

    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        var elements: [Result<Body, Problem>] = []
        elements.reserveCapacity(list.count ?? 0)
        while !list.isAtEnd { elements.append(try list.decode(Element.self).body) }
        self.elements = elements
    }

    /// One element. It never fails to decode, so that a wrong element does not affect the others.
    private struct Element: Decodable {
        let body: Result<Body, Problem>

        init(from decoder: any Decoder) throws {
            do {
                body = .success(try Body(from: decoder))
            } catch var error as BodyError {
                // The mistakes of an element are reported as if it were the whole body.
                let prefix = BodyError.describe(decoder.codingPath)
                if error.field.hasPrefix(prefix) {
                    error.field = String(error.field.dropFirst(prefix.count).trimmingPrefix("."))
                }
                body = .failure(error.problem)
            }
        }
    }
}

/// How a line names its item and counts it.
enum ItemBody {
    static let members = ["sku", "variantId", "barcode", "code"]

    /// The item of a line, which names it by exactly one of ``members``.
    static func reading(_ members: MemberReader, _ decoder: any Decoder) throws -> CodeReading {
        let path = decoder.codingPath
        let year = decoder.userInfo[.year] as? Int ?? 0
        let named: [CodeReading?] = [
            try members.text("sku").map { CodeReading(item: .sku($0)) },
            try members.integer("variantId").map { CodeReading(item: .variant(VariantID($0))) },
            try members.text("barcode").map { CodeReading(item: .barcode($0)) },
            try members.text("code").map { try read($0, at: path, year: year) },
        ]
        guard let reading = named.compactMap({ $0 }).first, named.count(where: { $0 != nil }) == 1 else {
            throw BodyError(path, "a line names its item by exactly one of sku, variantId, barcode and code")
        }
        return reading
    }

    /// The quantity of a line, in scans of the item.
    static func quantity(_ members: MemberReader, of reading: CodeReading, _ decoder: any Decoder) throws -> Int64 {
        let scans = try members.required(members.integer("quantity"), "quantity").multipliedReportingOverflow(by: reading.count)
        guard !scans.overflow else {
            throw BodyError(decoder.codingPath, "the quantity is too large for what the code counts")
        }
        return scans.partialValue
    }

    /// Reads a scanned code by the same rules as scans that come over MQTT.
    private static func read(_ code: String, at path: [any CodingKey], year: Int) throws -> CodeReading {
        do {
            return try CodeReading(code: code, year: year)
        } catch {
            throw BodyError(path, "code: \(error)")
        }
    }
}
