import NIOCore
import RoomHub
import TallywireAccess
import TallywireCore
import TallywireProtocol
import WebSocketServer

// What the sink makes of the messages of the protocol.

extension ClientMessage.Items {
    init(_ rooms: [FollowedRoom]) {
        self.init()
        for case .product(let id) in rooms { products.append(ProductID(id)) }
        for case .variant(let id) in rooms { variants.append(VariantID(id)) }
    }

    /// The rooms of these products and variants.
    var rooms: [FollowedRoom] { products.map { .product($0.rawValue) } + variants.map { .variant($0.rawValue) } }
}

extension ServerMessage.Authenticated {
    init(_ principal: Principal) {
        self.init(
            role: principal.role.rawValue, subject: principal.subject, device: principal.device, validUntil: principal.validUntil)
    }
}

extension ItemsPage {
    /// The whole frame: the message's beginning, the items, which are encoded already, and the message's end.
    func frame(around items: [ByteBuffer], isLast: Bool) -> [ByteBuffer] {
        let head = opening
        let end = Self.closing(isLast: isLast)
        let length = head.count + items.reduce(0) { $0 + $1.readableBytes } + end.utf8.count
        var first = ByteBuffer()
        first.reserveCapacity(head.count + 10)
        first.writeFrameHeader(.text, length: length)
        first.writeBytes(head)
        return [first] + items + [ByteBuffer(string: end)]
    }
}
