import Logging
import NIOCore
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import WebSocketServer

@testable import RoomHub
@testable import WebSocketSink

/// An event as rooms see it; its JSON has no more than tests look at.
func envelope(
    _ seq: UInt64, _ type: EventType = .inventoryUpdated, product: Int64? = 1, variant: Int64? = 11, location: String? = "WH1",
    padding: Int = 0
) -> EventEnvelope {
    let padding = padding > 0 ? #","padding":"\#(String(repeating: "x", count: padding))""# : ""
    let subject =
        switch type {
        // An event of a reservation is about nothing else, and one of a count about its location alone.
        case .reservationChanged: EventEnvelope.Subject(reservation: "R-\(seq % 2)")
        case .countChanged: EventEnvelope.Subject(location: location ?? "A")
        default:
            EventEnvelope.Subject(
                product: product.map { ProductID($0) }, variant: variant.map { VariantID($0) }, sku: "SKU", location: location)
        }
    return EventEnvelope(
        seq: seq, timestamp: Timestamp(milliseconds: 0), type: type, subject: subject,
        json: Array(#"{"type":"\#(type.rawValue)","seq":\#(seq)\#(padding)}"#.utf8))
}

/// What a sink is told at its start.
func context(
    epoch: String = "epoch", head: UInt64 = 0, stock: any StockReader = InMemoryJournal(),
    history: any EventHistory = InMemoryJournal(), ahead: AheadPolicy = .anotherJournal
) -> SinkContext {
    SinkContext(
        name: "websocket", logger: Logger(label: "test"), epoch: epoch, cursor: nil, head: head, stock: stock, history: history,
        version: "0", ahead: ahead, now: { Timestamp(milliseconds: 0) })
}

/// The frames of a server, taken apart.
struct ServerFrame: Equatable {
    let kind: FrameKind
    let payload: ByteBuffer

    var text: String { String(buffer: payload) }

    /// Whole frames at the front of `bytes`.
    static func all(in bytes: ByteBuffer) -> [ServerFrame] {
        var bytes = bytes
        var frames: [ServerFrame] = []
        while let first = bytes.readInteger(as: UInt8.self), let second = bytes.readInteger(as: UInt8.self) {
            var length = Int(second)
            if second == 126 { length = bytes.readInteger(as: UInt16.self).map { Int($0) } ?? 0 }
            if second == 127 { length = bytes.readInteger(as: UInt64.self).map { Int($0) } ?? 0 }
            guard let kind = FrameKind(rawValue: first & 0x7F), let payload = bytes.readSlice(length: length) else { break }
            frames.append(ServerFrame(kind: kind, payload: payload))
        }
        return frames
    }
}

/// An `inventory_updated` as the engine writes it: variant 11 of product 1 goes from one stock to another.
func stockEnvelope(_ seq: UInt64, variant: Int64 = 11, from before: Int64, to after: Int64) -> EventEnvelope {
    let event = Event(
        seq: seq, timestamp: Timestamp(milliseconds: 0),
        body: .inventoryUpdated(
            InventoryUpdated(
                productID: ProductID(1), variantID: VariantID(variant), isDefaultVariant: false, sku: "SKU-\(variant)",
                variantName: "A \"quoted\" name, with {braces}", stock: after, previousStock: before, totalProductStock: after,
                totals: StockTotals(onHand: after, reserved: 0),
                change: .stock(StockChange(operation: .set, quantity: after, balance: Balance(location: "WH1", onHand: after))),
                reason: "count",
                reference: nil,
                price: Price("9.99"), status: .active, level: .ok, version: Int64(seq), source: "http", movementID: "m-\(seq)",
                occurredAt: nil)))
    return EventEnvelope(event, json: event.json)
}
