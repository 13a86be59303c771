/// A client's copy of a room, held against what the protocol promises: each event once, in order, without a gap.
///
/// The room has to carry every type but `catalogue_changed`, and the catalogue has to be left alone, so that each `seq` is an event of it.
struct RoomCopy: Sendable {
    /// Whether it was begun without values, so that it has only what changed since.
    private(set) var isPartial = false
    /// Whether its client reads so slowly that events may be merged for it.
    private let mayMerge: Bool

    init(mayMerge: Bool = false) { self.mayMerge = mayMerge }

    /// The copy of a client that was there at `position`, and has no values yet.
    init(epoch: String, position: UInt64) {
        self.init()
        (self.epoch, self.position, isPartial) = (epoch, position, true)
    }

    /// What the copy has of a variant.
    struct Item: Equatable, Sendable {
        var version: UInt64
        var stock: UInt64
    }

    private(set) var epoch = ""
    /// Where to go on from after the connection was lost.
    private(set) var position: UInt64 = 0
    private(set) var items: [String: Item] = [:]
    /// What was not as promised.
    private(set) var mistakes: [String] = []
    /// How often events were merged, replays were whole, and values came instead.
    private(set) var merged: UInt64 = 0
    private(set) var replays = 0
    private(set) var snapshots = 0
    /// Since when events are counted, and how many came since, merged ones included.
    private var base: UInt64 = 0
    private var counted: UInt64 = 0
    private var page: [String: Item] = [:]
    private var isAwaitingValues = false

    /// The connection is new: what a broken one had merged and not sent yet comes again by itself.
    mutating func reconnect() {
        (base, counted, isAwaitingValues, page) = (position, 0, false, [:])
    }

    /// Takes a message.
    mutating func take(_ message: ServerText) {
        switch message.type {
        case "welcome": epoch = message.text("epoch") ?? ""
        case "joined":
            switch message.flag("recovered") {
            case true?: replays += 1
            case false?, nil: isAwaitingValues = true
            }
        case "snapshot": takeValues(message)
        case "pong": takePosition(message)
        case "inventory_updated", "stock_alert", "product_status_changed": takeEvent(message)
        case "going_away": break
        default: mistakes.append("unexpected: \(message.text)")
        }
    }

    /// Whether everything up to `head` has come. Every event has to be in what came, by itself or merged.
    mutating func isComplete(upTo head: UInt64) -> Bool {
        guard position >= head, !isAwaitingValues else { return false }
        if base + counted != position { mistakes.append("\(counted) events came between \(base) and \(position)") }
        return true
    }

    private mutating func takeEvent(_ message: ServerText) {
        guard let seq = message.number("seq") else { return mistakes.append("no seq: \(message.text)") }
        if isAwaitingValues { mistakes.append("\(seq) came before the values that were to come first") }
        if seq <= position { mistakes.append("\(seq) came after \(position)") }
        let conflated = message.number("conflated") ?? 0
        merged += conflated
        counted += 1 + conflated
        position = seq
        if base + counted > seq { mistakes.append("too many events up to \(seq)") }
        // For one that reads slowly, a gap may be what waits to be merged. Whether it was filled is looked at when all has come.
        if !mayMerge, base + counted < seq { mistakes.append("a gap before \(seq)") }
        guard message.type == "inventory_updated", let sku = message.text("sku"), let stock = message.number("stock"),
            let version = message.number("version")
        else { return }
        if let known = items[sku], known.version >= version {
            mistakes.append("\(sku) went from version \(known.version) to \(version)")
        }
        items[sku] = Item(version: version, stock: stock)
    }

    private mutating func takePosition(_ message: ServerText) {
        guard let seq = message.number("seq"), seq < position else { return }
        mistakes.append("a pong says \(seq) after \(position)")
    }

    private mutating func takeValues(_ message: ServerText) {
        guard let seq = message.number("seq") else { return mistakes.append("no seq: \(message.text)") }
        for item in message.items {
            guard let sku = item.text("sku"), let stock = item.number("stock"), let version = item.number("version") else {
                mistakes.append("an item without values: \(item.text)")
                continue
            }
            page[sku] = Item(version: version, stock: stock)
        }
        guard message.flag("last") == true else { return }
        if seq < position { mistakes.append("values at \(seq) after \(position)") }
        for (sku, item) in page {
            if let known = items[sku], known.version > item.version { mistakes.append("the values of \(sku) went back") }
        }
        items = message.number("changedSince") == nil ? page : items.merging(page) { $1 }
        snapshots += 1
        (position, base, counted, isAwaitingValues, page) = (seq, seq, 0, false, [:])
    }
}
