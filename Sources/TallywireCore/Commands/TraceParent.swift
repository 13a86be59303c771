/// Which operation of a distributed trace asked for something: the value of a `traceparent` of W3C Trace Context, version 00
/// (https://www.w3.org/TR/trace-context/#traceparent-header).
///
/// Tallywire begins no traces and records no spans. It passes on what the caller gave, in the events and to their receivers.
public struct TraceParent: Hashable, Sendable, CustomStringConvertible {
    /// 55 characters: version, trace, parent and flags, in lower case with `-` between them.
    public let description: String

    /// Reads the value; `nil` if it is not valid, as the specification wants it ignored then. Of a later version only what version 00 has
    /// is kept.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == Self.length || bytes.count > Self.length && bytes[Self.length] == UInt8(ascii: "-") else { return nil }
        for (index, byte) in bytes.prefix(Self.length).enumerated() {
            let isDash = index == 2 || index == 35 || index == 52
            guard isDash ? byte == UInt8(ascii: "-") : Self.isDigit(byte) else { return nil }
        }
        let version = String(decoding: bytes[0..<2], as: UTF8.self)
        let hasIDs = [3..<35, 36..<52].allSatisfy { bytes[$0].contains { $0 != UInt8(ascii: "0") } }
        guard version != "ff", version != "00" || bytes.count == Self.length, hasIDs else { return nil }
        description = "00" + String(decoding: bytes[2..<Self.length], as: UTF8.self)
    }

    /// The bytes of the value.
    public static let length = 55

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// The name of the header, of the user property, and of the attribute of CloudEvents.
    public static let name = "traceparent"

    /// Of the request that the task handles.
    @TaskLocal public static var current: TraceParent?
}

extension TraceParent: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = TraceParent(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "it is no traceparent of W3C Trace Context")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
