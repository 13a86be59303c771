import Foundation

extension JSONDecoder {
    /// Decodes JSON that comes from outside. Throws what ``decode(_:from:)`` throws, and does not trap, which that does.
    ///
    /// Foundation's reader (Swift 6.3 on Linux) refuses what is nested more deeply than 512 levels, and says where. If the bracket that is one
    /// too many is the last byte, that place is behind the end of the text, and looking there ends the process: 513 times `[` from anybody
    /// ended the server. White space behind the value, which JSON allows, keeps the place within.
    public func decode<Value: Decodable>(_ type: Value.Type, fromOutside bytes: some Collection<UInt8>) throws -> Value {
        var data = Data(capacity: bytes.count + 1)
        data.append(contentsOf: bytes)
        data.append(UInt8(ascii: " "))
        return try decode(type, from: data)
    }
}
