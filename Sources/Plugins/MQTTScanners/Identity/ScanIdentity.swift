import Crypto
import Mosquitto

/// Makes the id of a movement from the packet that brought it.
enum ScanIdentity {
    /// The id of what came to the source `name` as packet `number`: the same for the same packet, another one for any other.
    ///
    /// The number alone is unique. The content is in it too, so that a packet that was numbered wrongly (see
    /// ``PacketNumbering``) can only ever be taken for one that said the same.
    static func id(source name: String, number: UInt64, _ message: InboundMessage) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(message.topic.utf8.count + message.payload.count + 128)
        func add(_ bytes: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { text += $0 }
            text += bytes
        }
        add(message.topic.utf8)
        add(message.payload)
        add((message.responseTopic ?? "").utf8)
        add(message.correlationData ?? [])
        let content = SHA256.hash(data: text).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return "\(name)-\(hex(number, digits: 12))-\(hex(content, digits: 16))"
    }

    /// A random id, for a message of quality 0, which never comes again.
    static func random(source name: String) -> String {
        "\(name)-\(hex(.random(in: .min ... .max), digits: 16))\(hex(.random(in: .min ... .max), digits: 16))"
    }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
