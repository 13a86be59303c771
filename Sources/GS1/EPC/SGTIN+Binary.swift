extension SGTIN {
    /// Reads the content of a tag's EPC memory as readers send it: hexadecimal digits, 24 for SGTIN-96, 50 or 52 for SGTIN-198.
    ///
    /// - Throws: ``GS1Error`` with reason `malformedEPC` if the EPC is of another scheme, or not a valid one.
    public init(hexadecimal text: some StringProtocol) throws(GS1Error) {
        guard text.utf8.count <= 64 else { throw GS1Error(.malformedEPC, at: 64, expected: "at most 64 hexadecimal digits") }
        var bytes: [UInt8] = []
        var high: UInt8?
        for (index, byte) in text.utf8.enumerated() {
            guard let value = byte.hexadecimalValue else {
                throw GS1Error(.malformedEPC, at: index, expected: "hexadecimal digits")
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        guard high == nil else { throw GS1Error(.malformedEPC, expected: "an even number of hexadecimal digits") }
        try self.init(binary: bytes)
    }

    /// Reads the content of a tag's EPC memory.
    public init(binary bytes: [UInt8]) throws(GS1Error) {
        let header = bytes.first ?? 0
        guard let width = Self.widths[header] else {
            throw GS1Error(.malformedEPC, at: 0, expected: "the header 30 of SGTIN-96 or 36 of SGTIN-198")
        }
        // Tags have words of sixteen bits: the bits after the EPC fill up the last word.
        guard bytes.count * 8 >= width, bytes.count <= (width + 15) / 16 * 2 else {
            throw GS1Error(.malformedEPC, at: bytes.count, expected: "\(width) bits")
        }
        var bits = BitReader(bytes)
        _ = bits.next(8)
        let filter = Filter(rawValue: UInt8(bits.next(3))) ?? .other
        let partition = Int(bits.next(3))
        guard Self.partitions.indices.contains(partition) else {
            throw GS1Error(.malformedEPC, at: 1, expected: "a partition of 0 to 6")
        }
        let (companyBits, companyDigits) = Self.partitions[partition]
        let company = bits.next(companyBits)
        let item = bits.next(44 - companyBits)
        guard company < Self.power(companyDigits), item < Self.power(13 - companyDigits) else {
            throw GS1Error(.malformedEPC, at: 1, expected: "a company prefix and an item reference of 13 digits together")
        }
        let serial = width == 96 ? String(bits.next(38)) : try Self.characters(&bits)
        try self.init(
            gtin: Self.gtin(
                companyPrefix: DigitKey.write(company, count: companyDigits),
                itemReference: DigitKey.write(item, count: 13 - companyDigits)),
            serial: serial, companyPrefixLength: companyDigits, filter: filter)
    }

    /// The EPC as SGTIN-96: 24 hexadecimal digits.
    ///
    /// - Throws: ``GS1Error`` if the serial number is not a number below 2 to the power of 38, in digits without leading zeros.
    public func sgtin96() throws(GS1Error) -> String {
        guard let number = UInt64(serial), String(number) == serial, number < 1 << 38 else {
            throw GS1Error(.malformedEPC, expected: "a serial number of digits without leading zeros, at most 274877906943")
        }
        var bits = head(0x30)
        bits.append(number, 38)
        return bits.hexadecimal
    }

    /// The EPC as SGTIN-198: 52 hexadecimal digits. The last ten bits fill up the last word.
    public func sgtin198() -> String {
        var bits = head(0x36)
        let characters = Array(serial.utf8)
        for index in 0..<20 { bits.append(index < characters.count ? UInt64(characters[index]) : 0, 7) }
        bits.append(0, 10)
        return bits.hexadecimal
    }

    private func head(_ header: UInt64) -> BitWriter {
        let partition = 12 - companyPrefixLength
        let companyBits = Self.partitions[partition].bits
        var bits = BitWriter()
        bits.append(header, 8)
        bits.append(UInt64(filter.rawValue), 3)
        bits.append(UInt64(partition), 3)
        bits.append(UInt64(companyPrefix) ?? 0, companyBits)
        bits.append(UInt64(itemReference) ?? 0, 44 - companyBits)
        return bits
    }

    /// Reads twenty characters of seven bits. Zeros at the end do not count.
    private static func characters(_ bits: inout BitReader) throws(GS1Error) -> String {
        var characters = (0..<20).map { _ in UInt8(bits.next(7)) }
        while characters.last == 0 { characters.removeLast() }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The number of bits of an EPC, by its header.
    private static let widths: [UInt8: Int] = [0x30: 96, 0x36: 198]

    /// The SGTIN partition table: bits and digits of the company prefix, by partition. The item reference has the other bits of 44
    /// and the other digits of 13.
    private static let partitions: [(bits: Int, digits: Int)] = [(40, 12), (37, 11), (34, 10), (30, 9), (27, 8), (24, 7), (20, 6)]

    private static func power(_ exponent: Int) -> UInt64 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
}
