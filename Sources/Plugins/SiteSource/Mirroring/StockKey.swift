/// A SKU at one of the site's locations, by its own code.
struct StockKey: Hashable, Sendable {
    let sku: String
    let location: String
}

/// Values that were read from the site's lists, and that hold at a later event than the one up to which the stream was read.
///
/// A list is read while the site goes on. So the stream brings events that are older than what the list said, which must not overwrite
/// it. An entry is dropped once the stream is beyond it.
struct NewerValues: Sendable {
    private var seqs: [StockKey: UInt64] = [:]
    /// The event beyond which the stream has to be before all entries are dropped.
    private var last: UInt64 = 0

    var isEmpty: Bool { seqs.isEmpty }

    mutating func note(_ key: StockKey, at seq: UInt64) {
        seqs[key] = max(seqs[key] ?? 0, seq)
        last = max(last, seq)
    }

    /// Whether what an event says is older than what is here.
    func isOlder(_ key: StockKey, _ seq: UInt64) -> Bool { seqs[key].map { seq <= $0 } ?? false }

    /// Notes that the stream was read up to `seq`.
    mutating func advance(to seq: UInt64) {
        if seq >= last { seqs = [:] }
    }

    mutating func removeAll() {
        seqs = [:]
        last = 0
    }
}
