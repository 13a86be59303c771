import NIOCore
import TallywireCore
import TallywireEngine

/// The values of many variants at one moment, as one audience sees them, encoded once for everybody who joins.
final class StockImage: Sendable {
    /// Everything up to this event is in, nothing after it.
    let seq: UInt64
    /// It has those that changed after this event, `nil` if it has all.
    let since: UInt64?
    let form: Int
    private let rows: [Row]
    /// The items one after the other, each with a comma behind it.
    private let items: ByteBuffer

    private struct Row: Sendable {
        let product: Int64
        let variant: Int64
        let changed: UInt64
        let locations: [String]
        let isRemoved: Bool
        let range: Range<Int>
    }

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

    /// Which of the items a room's client needs.
    struct Selection {
        let room: Room?
        /// Only those that changed after this event.
        let since: UInt64?
    }

    /// The items of a selection from the row `start` on, a page of them, without the last comma; `next` is where the following page
    /// begins, `nil` after the last one.
    func page(_ selection: Selection, from start: Int) -> (pieces: [ByteBuffer], next: Int?) {
        var pieces: [ByteBuffer] = []
        var run: Range<Int>?
        var count = 0
        var index = start
        func finish() { if let run, let piece = items.getSlice(at: run.lowerBound, length: run.count) { pieces.append(piece) } }
        while index < rows.count, count < Self.pageSize {
            let row = rows[index]
            index += 1
            guard isSelected(row, selection) else { continue }
            count += 1
            if let current = run, current.upperBound == row.range.lowerBound {
                run = current.lowerBound..<row.range.upperBound
            } else {
                finish()
                run = row.range
            }
        }
        if let last = run { run = last.lowerBound..<last.upperBound - 1 }
        finish()
        while index < rows.count, !isSelected(rows[index], selection) { index += 1 }
        return (pieces, index < rows.count ? index : nil)
    }

    private static let pageSize = 200

    private func isSelected(_ row: Row, _ selection: Selection) -> Bool {
        if let since = selection.since { guard row.changed > since else { return false } } else if row.isRemoved { return false }
        switch selection.room {
        case .followed(.product(let id)): return row.product == id
        case .followed(.variant(let id)): return row.variant == id
        case .followed(.location(let code)): return row.isRemoved || row.locations.contains(code)
        case .named, nil: return true
        }
    }
}
