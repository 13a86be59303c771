extension SGTIN {
    /// The pure identity URI: `urn:epc:id:sgtin:0614141.812345.6789`. It does not contain the filter.
    public var uri: String {
        var output = Array("\(Self.scheme)\(companyPrefix).\(itemReference).".utf8)
        for byte in serial.utf8 {
            if Self.escaped.contains(byte) {
                output += Array("%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8)
            } else {
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Reads a pure identity URI.
    ///
    /// - Throws: ``GS1Error`` with reason `malformedEPC`, or with the reasons of a GTIN and a serial number.
    public init(uri: some StringProtocol) throws(GS1Error) {
        guard uri.hasPrefix(Self.scheme), uri.utf8.count <= 200 else {
            throw GS1Error(.malformedEPC, at: 0, expected: "a URI that begins with \(Self.scheme)")
        }
        // At most two splits, since the serial number may contain points.
        let parts = uri.dropFirst(Self.scheme.count).split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, (6...12).contains(parts[0].utf8.count), parts[0].utf8.count + parts[1].utf8.count == 13 else {
            throw GS1Error(
                .malformedEPC, at: Self.scheme.utf8.count,
                expected:
                    "a company prefix, an item reference and a serial number with points between them, the first two of 13 digits")
        }
        let encoded = Array(parts[2].utf8)
        let serial: [UInt8]
        do throws(GS1Error) {
            serial = try PercentEncoding.decode(encoded.span, 0..<encoded.count, isQuery: false)
        } catch {
            throw error.moved(by: uri.utf8.count - encoded.count)
        }
        try self.init(
            gtin: Self.gtin(companyPrefix: parts[0], itemReference: parts[1]), serial: String(decoding: serial, as: UTF8.self),
            companyPrefixLength: parts[0].utf8.count)
    }

    private static let scheme = "urn:epc:id:sgtin:"

    /// The characters of set 82 that have to be escaped in the URI.
    private static let escaped = Array("\"%&/<>?".utf8)
}

extension SGTIN: CustomStringConvertible {
    /// The pure identity URI.
    public var description: String { uri }
}
