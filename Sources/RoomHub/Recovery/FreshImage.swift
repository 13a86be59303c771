import NIOCore

/// The values of variants at a moment after they were asked for: an image that many clients share, and the values that changed
/// since that image was read.
struct FreshImage: Sendable {
    /// The values include every event up to this one, and none after it.
    let seq: UInt64
    private let base: StockImage
    /// The variants that differ from the base, and those that were removed since; `nil` for none.
    private let changes: StockImage?
    private let replaced: Set<Int64>

    /// An image that was just read.
    init(_ image: StockImage) {
        seq = image.seq
        base = image
        changes = nil
        replaced = []
    }

    /// An image, and the values that changed since.
    init(_ base: StockImage, changes: StockImage) {
        seq = changes.seq
        self.base = base
        self.changes = changes.rows.isEmpty ? nil : changes
        replaced = Set(changes.rows.lazy.map(\.variant))
    }

    /// Whether connections that still send the image should drop it.
    var isRecalled: Bool { base.isRecalled || changes?.isRecalled == true }

    /// Which of the items a client needs.
    struct Selection {
        let room: Room?
        /// Only the items that changed after this event.
        let since: UInt64?
    }

    private static let pageSize = 200

    /// One page of a selection's items from the row `start` on, without the last comma. `next` is the row where the following page
    /// begins; `nil` after the last one.
    func page(_ selection: Selection, from start: Int) -> (pieces: [ByteBuffer], next: Int?) {
        var pieces: [ByteBuffer] = []
        var run: (image: StockImage, range: Range<Int>)?
        var count = 0
        var index = start
        func finish(cut: Int = 0) {
            guard let run else { return }
            let length = run.range.count - cut
            if let piece = run.image.items.getSlice(at: run.range.lowerBound, length: length) { pieces.append(piece) }
        }
        while count < Self.pageSize, let (image, row) = row(index) {
            index += 1
            guard isSelected(row, of: image, selection) else { continue }
            count += 1
            if let current = run, current.image === image, current.range.upperBound == row.range.lowerBound {
                run = (image, current.range.lowerBound..<row.range.upperBound)
            } else {
                finish()
                run = (image, row.range)
            }
        }
        finish(cut: 1)
        while let (image, row) = row(index) {
            if isSelected(row, of: image, selection) { return (pieces, index) }
            index += 1
        }
        return (pieces, nil)
    }

    /// A row, counted through both images.
    private func row(_ index: Int) -> (image: StockImage, row: StockImage.Row)? {
        if index < base.rows.count { return (base, base.rows[index]) }
        guard let changes, index - base.rows.count < changes.rows.count else { return nil }
        return (changes, changes.rows[index - base.rows.count])
    }

    private func isSelected(_ row: StockImage.Row, of image: StockImage, _ selection: Selection) -> Bool {
        if image === base, replaced.contains(row.variant) { return false }
        if let since = selection.since { guard row.changed > since else { return false } } else if row.isRemoved { return false }
        switch selection.room {
        case .followed(.product(let id)): return row.product == id
        case .followed(.variant(let id)): return row.variant == id
        case .followed(.location(let code)): return row.isRemoved || row.locations.contains(code)
        // A reservation has no values of variants.
        case .followed(.reservation): return false
        case .named, nil: return true
        }
    }
}
