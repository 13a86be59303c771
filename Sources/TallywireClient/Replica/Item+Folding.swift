import Foundation
import TallywireCore

extension TallywireClient {
    /// Where values come from: an event, or a page.
    struct Source: Sendable {
        let seq: UInt64
        /// The event's time; `nil` for values of a page.
        var changedAt: Timestamp?
        var conflated = 0
    }
}

extension TallywireClient.Item {
    /// Returns a variant's values after `values` came: `old` itself if they change nothing that can be seen.
    ///
    /// Versions decide. The only exception is a variant that was removed, after which another one was created under its id. The
    /// journal then says that the new values are later although their version is lower, and the item begins again.
    ///
    /// - Parameter oldSeq: the event up to which `old` is known to hold.
    static func newest(
        _ old: Self?, upTo oldSeq: UInt64, _ values: TallywireClient.Values, from source: TallywireClient.Source
    ) -> Self {
        guard let old else { return Self(nil, values, source) }
        if source.seq > oldSeq, old.isReplaced(by: values, source) { return Self(nil, values, source) }
        if values.version > old.version { return Self(old, values, source) }
        // An event with the same version is the same event again. A page may have members that another room hides, or a new name,
        // which do not change the version.
        if values.version < old.version || source.changedAt != nil || source.seq < oldSeq { return old }
        return old.changed(source) { item in
            item.sku = values.sku ?? old.sku
            item.name = values.name ?? old.name
            item.price = values.price ?? old.price
            item.status = values.status ?? old.status
            item.level = values.level ?? old.level
            item.stock = values.stock ?? old.stock
            item.onHand = values.onHand ?? old.onHand
            item.reserved = values.reserved ?? old.reserved
            item.band = item.stock == nil ? values.band ?? old.band : nil
        }
    }

    /// Whether `values`, which are later, belong to another variant with the same id.
    private func isReplaced(by values: TallywireClient.Values, _ source: TallywireClient.Source) -> Bool {
        if values.version >= version { return false }
        // A page has everything at its seq. An event has to be the first of its variant, and only a variant without stock can have
        // been removed.
        return source.changedAt == nil || (values.version - Int64(source.conflated) <= 1 && isInStock == false)
    }

    private init(_ old: Self?, _ values: TallywireClient.Values, _ source: TallywireClient.Source) {
        self.init(
            key: values.key, sku: values.sku ?? old?.sku, name: values.name ?? old?.name, stock: values.stock,
            band: values.band, onHand: values.onHand, reserved: values.reserved, price: values.price, status: values.status,
            level: values.level, version: values.version,
            seq: source.seq, changedAt: source.changedAt ?? old?.changedAt, asOf: Date())
    }

    /// Returns the item with changed members; the item itself if nothing differs.
    func changed(_ source: TallywireClient.Source, _ change: (inout Self) -> Void) -> Self {
        var item = self
        change(&item)
        if item == self { return self }
        item.seq = source.seq
        item.changedAt = source.changedAt ?? changedAt
        item.asOf = Date()
        return item
    }
}
