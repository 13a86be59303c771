import Crypto
import Mosquitto

/// Makes the id of a movement from the packet that brought it.
enum ScanIdentity {
    /// Returns the id of packet `number` of the source `name`: the same id for the same packet, and another one for any other
    /// packet.
    ///
    /// The number alone is unique. The content is in the id too, so that a packet that was numbered wrongly (see
    /// ``PacketNumbering``) can only be taken for a packet with the same content.
    static func id(source name: String, number: UInt64, _ message: InboundMessage) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(message.topic.utf8.count + message.payload.count + 128)
        add(message.topic, to: &text)
        add(message.payload, to: &text)
        add(message.responseTopic ?? "", to: &text)
        add(message.correlationData ?? [], to: &text)
        let content = SHA256.hash(data: text).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self).bigEndian }
        return id(name, (number, 12), (content, 16))
    }

    private static func add(_ part: String, to text: inout [UInt8]) {
        withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian) { text += $0 }
        text += part.utf8
    }

    private static func add(_ part: [UInt8], to text: inout [UInt8]) {
        withUnsafeBytes(of: UInt64(part.count).littleEndian) { text += $0 }
        text += part
    }

    /// Returns a random id, for a message of QoS 0, which never comes again.
    static func random(source name: String) -> String {
        id(name, (.random(in: .min ... .max), 16), (.random(in: .min ... .max), 16), separator: "")
    }

    /// Returns `name-FIRST-SECOND`, the numbers in hexadecimal with at least so many digits.
    private static func id(
        _ name: String, _ first: (number: UInt64, digits: Int), _ second: (number: UInt64, digits: Int), separator: String = "-"
    ) -> String {
        // The text is written in one piece: appending to a string digit by digit costs more than the hash.
        String(unsafeUninitializedCapacity: name.utf8.count + 34 + separator.utf8.count) { buffer in
            var end = buffer.startIndex
            func write(_ byte: UInt8) {
                buffer.initializeElement(at: end, to: byte)
                end += 1
            }
            func write(_ number: UInt64, _ digits: Int) {
                let count = max(digits, (67 - number.leadingZeroBitCount) / 4)
                for place in stride(from: (count - 1) * 4, through: 0, by: -4) {
                    let digit = UInt8(truncatingIfNeeded: number >> place) & 15
                    write(digit < 10 ? 48 + digit : 87 + digit)
                }
            }
            for byte in name.utf8 { write(byte) }
            write(UInt8(ascii: "-"))
            write(first.number, first.digits)
            for byte in separator.utf8 { write(byte) }
            write(second.number, second.digits)
            return end
        }
    }
}
