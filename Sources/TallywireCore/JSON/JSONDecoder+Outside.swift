import Foundation

extension JSONDecoder {
    /// Decodes JSON that comes from outside. Throws what `decode(_:from:)` throws. Unlike `decode(_:from:)` it never traps.
    ///
    /// Foundation's reader (Swift 6.3 on Linux) refuses nesting deeper than 512 levels, and says where. If the bracket that is one
    /// too many is the last byte, that position is after the end of the text. Reading there ends the process: 513 times `[` from
    /// any client ended the server. White space after the value, which JSON allows, keeps the position inside the text.
    public func decode<Value: Decodable>(_ type: Value.Type, fromOutside bytes: some Collection<UInt8>) throws -> Value {
        var data = Data(capacity: bytes.count + 1)
        data.append(contentsOf: bytes)
        data.append(UInt8(ascii: " "))
        return try decode(type, from: data)
    }
}
