/// A number of bytes: `"64KiB"`, `"1MiB"`, `"10GB"`, `"512B"` or a plain integer in plugins.json.
///
/// `KB`, `MB`, `GB`, `TB` are powers of 1000; `KiB`, `MiB`, `GiB`, `TiB` are powers of 1024.
public struct ByteSize: Hashable, Comparable, Sendable {
    /// Never negative in a size that was read from a file.
    public var bytes: Int

    public init(bytes: Int) { self.bytes = bytes }

    public static func kibibytes(_ count: Int) -> ByteSize { ByteSize(bytes: count << 10) }
    public static func mebibytes(_ count: Int) -> ByteSize { ByteSize(bytes: count << 20) }
    public static func gibibytes(_ count: Int) -> ByteSize { ByteSize(bytes: count << 30) }

    public static func < (a: ByteSize, b: ByteSize) -> Bool { a.bytes < b.bytes }

    private static let units: [(name: String, bytes: Int)] = [
        ("B", 1), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    /// Reads a size such as `64KiB`; without a unit the number is in bytes. `nil` if the text is not a size or does not fit 63
    /// bits.
    public init?(_ text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count)
        guard let count = Int(digits), let scale = unit.isEmpty ? 1 : Self.units.first(where: { $0.name == unit })?.bytes
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        self.bytes = bytes
    }
}

extension ByteSize: CustomStringConvertible {
    /// The size in the largest unit that gives a whole number, such as `64KiB`. Reading the text gives the same size again.
    public var description: String {
        let fitting = Self.units.filter { bytes >= $0.bytes && bytes % $0.bytes == 0 }
        guard let unit = fitting.max(by: { $0.bytes < $1.bytes }) else { return "\(bytes)B" }
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}

extension ByteSize: Decodable {
    /// Reads the size that ``ConfigurationValue/decode(_:)`` offers; from another decoder, reads an integer or a string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let bytes = try? container.decode(Int.self) {
            self.bytes = bytes
        } else if let size = ByteSize(try container.decode(String.self)) {
            self = size
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a size is such as \"64KiB\"")
        }
    }
}
