import TallywireCore

/// How a line names its item and counts it.
package enum ItemBody {
    package static let members = ["sku", "variantId", "barcode", "code"]

    /// The item of a line, which names it by exactly one of ``members``.
    package static func reading(_ members: MemberReader, _ decoder: any Decoder) throws -> CodeReading {
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
    package static func quantity(_ members: MemberReader, of reading: CodeReading, _ decoder: any Decoder) throws -> Int64 {
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
