import NIOCore
import TallywireCore

/// One packet of Socket.IO 5, with its binary attachments.
struct SocketPacket: Equatable, Sendable {
    /// The types. The raw value is the digit with which a packet begins.
    enum Kind: UInt8, Sendable {
        case connect = 0x30
        case disconnect, event, ack, connectError, binaryEvent, binaryAck

        var isBinary: Bool { self == .binaryEvent || self == .binaryAck }
    }

    static let mainNamespace = "/"

    var kind: Kind
    var namespace = SocketPacket.mainNamespace
    /// The number that an acknowledgement repeats.
    var id: UInt64?
    var data: JSONValue?
    /// What the placeholders in ``data`` stand for, by their numbers.
    var attachments: [ByteBuffer] = []
}

extension SocketPacket {
    /// An event of the server with these arguments.
    static func event(_ name: String, _ arguments: [JSONValue], in namespace: String = mainNamespace) -> SocketPacket {
        SocketPacket(kind: .event, namespace: namespace, data: .array([.string(name)] + arguments))
    }

    /// The event's name and its arguments; `nil` if the packet is no event.
    var event: (name: String, arguments: ArraySlice<JSONValue>)? {
        guard kind == .event || kind == .binaryEvent, let items = data?.array, let name = items.first?.string else { return nil }
        return (name, items.dropFirst())
    }

    /// The packets of Engine.IO that carry it: the text, and a binary message for each attachment.
    var enginePackets: [EnginePacket] {
        var text = ByteBuffer()
        text.writeInteger(kind.rawValue)
        if kind.isBinary { text.writeString("\(attachments.count)-") }
        if namespace != Self.mainNamespace { text.writeString("\(namespace),") }
        if let id { text.writeString("\(id)") }
        if let data {
            var json = JSONWriter()
            data.write(to: &json)
            text.writeBytes(json.bytes)
        }
        return [.message(text)] + attachments.map { .binary($0) }
    }
}

extension SocketPacket {
    /// The most bytes of a namespace's name.
    static let longestNamespace = 256
    /// The most binary attachments of one packet.
    static let mostAttachments = 64
    /// Names of events that Socket.IO keeps for itself.
    private static let reservedEvents: Set<String> = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    /// Reads a client's text: the packet without its attachments, and how many of them follow.
    static func read(_ text: ByteBuffer) throws(MalformedPacket) -> (packet: SocketPacket, attachments: Int) {
        var rest = text.readableBytesView
        guard let first = rest.popFirst(), let kind = Kind(rawValue: first) else {
            throw MalformedPacket("a packet of Socket.IO begins with its type, a digit from 0 to 6")
        }
        var packet = SocketPacket(kind: kind)
        var attachments = 0
        if kind.isBinary {
            let digits = rest.prefix { isDigit($0) }
            rest = rest.dropFirst(digits.count)
            guard let count = Int(String(decoding: digits, as: UTF8.self)), rest.popFirst() == UInt8(ascii: "-"),
                count <= mostAttachments
            else { throw MalformedPacket("a binary packet says how many attachments it has, at most \(mostAttachments)") }
            attachments = count
        }
        if rest.first == UInt8(ascii: "/") {
            let name = rest.prefix { $0 != UInt8(ascii: ",") }
            guard name.count <= longestNamespace else { throw MalformedPacket("the name of the namespace is too long") }
            packet.namespace = String(decoding: name, as: UTF8.self)
            rest = rest.dropFirst(name.count + 1)
        }
        let digits = rest.prefix { isDigit($0) }
        if !digits.isEmpty {
            guard let id = UInt64(String(decoding: digits, as: UTF8.self)) else {
                throw MalformedPacket("the number of an acknowledgement is too large")
            }
            packet.id = id
            rest = rest.dropFirst(digits.count)
        }
        if !rest.isEmpty {
            do { packet.data = try JSONReader.value(of: Array(rest)) } catch {
                throw MalformedPacket("the data of a packet are not JSON")
            }
        }
        if let mistake = packet.mistake { throw MalformedPacket(mistake) }
        return (packet, attachments)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// What is wrong with the data of a client's packet.
    private var mistake: String? {
        switch kind {
        case .connect: data == nil || data?.object != nil ? nil : "CONNECT has an object or nothing"
        case .disconnect: data == nil ? nil : "DISCONNECT has no data"
        case .connectError: "only the server sends CONNECT_ERROR"
        case .ack, .binaryAck: data?.array != nil && id != nil ? nil : "ACK has a number and an array"
        case .event, .binaryEvent:
            event.map { !Self.reservedEvents.contains($0.name) } == true ? nil : "EVENT has an array that begins with its name"
        }
    }
}

/// Puts a client's packets and their attachments together.
struct PacketAssembler: Sendable {
    private var packet: SocketPacket?
    private var missing = 0
    private var bytes = 0
    /// The most bytes of a packet's attachments together.
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes a text. Returns the packet if it is whole.
    mutating func take(text: ByteBuffer) throws(MalformedPacket) -> SocketPacket? {
        guard packet == nil else { throw MalformedPacket("\(missing) attachments of the last packet are missing") }
        let (packet, attachments) = try SocketPacket.read(text)
        guard attachments > 0 else { return packet }
        self.packet = packet
        missing = attachments
        bytes = 0
        return nil
    }

    /// Takes an attachment. Returns the packet if it is whole now.
    mutating func take(binary: ByteBuffer) throws(MalformedPacket) -> SocketPacket? {
        guard packet != nil else { throw MalformedPacket("no packet has said that an attachment follows") }
        bytes += binary.readableBytes
        guard bytes <= limit else { throw MalformedPacket("the attachments of a packet have more than \(limit) bytes together") }
        packet?.attachments.append(binary)
        missing -= 1
        guard missing == 0 else { return nil }
        defer { packet = nil }
        return packet
    }
}
