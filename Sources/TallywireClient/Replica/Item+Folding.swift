import Foundation
import TallywireCore

extension TallywireClient {
    /// Where values come from.
    struct Source: Sendable {
        let seq: UInt64
        /// An event's time; `nil` for values of a page.
        var changedAt: Timestamp?
        var conflated = 0
    }
}

extension TallywireClient.Item {
    /// What is known of a variant after `values` came; `old` itself if they bring nothing that could be seen.
    ///
    /// Versions decide. Only where the journal itself says that something is later and its version is lower, a variant was removed and
    /// another one made under its id, and begins anew.
    ///
    /// - Parameter oldSeq: up to where `old` is known to hold.
    static func newest(
        _ old: Self?, upTo oldSeq: UInt64, _ values: TallywireClient.Values, from source: TallywireClient.Source
    ) -> Self {
        guard let old else { return Self(nil, values, source) }
        if source.seq > oldSeq, old.isReborn(as: values, source) { return Self(nil, values, source) }
        if values.version > old.version { return Self(old, values, source) }
        // An event of the same version is this one again. A page may tell what another room hides, or a new name: those have no version.
        if values.version < old.version || source.changedAt != nil || source.seq < oldSeq { return old }
        return old.changed(source) { item in
            item.sku = values.sku ?? old.sku
            item.name = values.name ?? old.name
            item.price = values.price ?? old.price
            item.status = values.status ?? old.status
            item.level = values.level ?? old.level
            item.stock = values.stock ?? old.stock
            item.band = item.stock == nil ? values.band ?? old.band : nil
        }
    }

    /// Whether `values`, which are later, are of another variant with the same id.
    private func isReborn(as values: TallywireClient.Values, _ source: TallywireClient.Source) -> Bool {
        if values.version >= version { return false }
        // Values are all there is at their seq. An event has to be a variant's first, and only one without stock can have been removed.
        return source.changedAt == nil || (values.version - Int64(source.conflated) <= 1 && isInStock == false)
    }

    private init(_ old: Self?, _ values: TallywireClient.Values, _ source: TallywireClient.Source) {
        self.init(
            key: values.key, sku: values.sku ?? old?.sku, name: values.name ?? old?.name, stock: values.stock,
            band: values.band, price: values.price, status: values.status, level: values.level, version: values.version,
            seq: source.seq, changedAt: source.changedAt ?? old?.changedAt, asOf: Date())
    }

    /// The item with other members; itself if none is different.
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
