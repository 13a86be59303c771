import NIOCore
import Synchronization
import TallywireCore
import TallywireEngine

/// The values of many variants at one moment, as one audience sees them, encoded once for everybody who joins.
final class StockImage: Sendable {
    /// Everything up to this event is in, nothing after it.
    let seq: UInt64
    /// It has those that changed after this event, `nil` if it has all.
    let since: UInt64?
    let form: Int
    let rows: [Row]
    /// The items one after the other, each with a comma behind it.
    let items: ByteBuffer
    private let recalled = Atomic(false)

    struct Row: Sendable {
        let product: Int64
        let variant: Int64
        let changed: UInt64
        let locations: [String]
        let isRemoved: Bool
        let range: Range<Int>
    }

    /// Bytes of memory, about.
    var bytes: Int { items.capacity + rows.count * (MemoryLayout<Row>.stride + 48) }

    /// Whether who still sends it should let go of it: it is old, and old images take too much memory.
    var isRecalled: Bool { recalled.load(ordering: .relaxed) }
    func recall() { recalled.store(true, ordering: .relaxed) }

    /// Encodes a reading. `locations` says whether rooms of locations will ask for parts of it.
    init(_ reading: Reading<VariantValues>, since: UInt64?, form: Int, for audience: Audience) {
        seq = reading.seq
        self.since = since
        self.form = form
        var items = ByteBuffer()
        var json = JSONWriter(capacity: 256)
        func append(_ write: (inout JSONWriter) -> Void) -> Range<Int> {
            json.removeAll()
            write(&json)
            let start = items.writerIndex
            items.writeBytes(json.bytes)
            items.writeInteger(UInt8(ascii: ","))
            return start..<items.writerIndex
        }
        rows =
            reading.value.variants.map { value in
                let variant = value.record.variant
                return Row(
                    product: variant.productID.rawValue, variant: variant.id.rawValue, changed: value.changed,
                    locations: variant.balances.map(\.location), isRemoved: false,
                    range: append { audience.write(value.record, to: &$0) })
            }
            + reading.value.removed.map { removed in
                Row(
                    product: removed.product.rawValue, variant: removed.variant.rawValue, changed: removed.changed, locations: [],
                    isRemoved: true, range: append { audience.write(removed, to: &$0) })
            }
        self.items = items
    }
}
