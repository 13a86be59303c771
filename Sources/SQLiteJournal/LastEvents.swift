import GRDB
import TallywireCore
import TallywireEngine

/// The last event of each variant, so that each event can name the one before it. The table is in memory, like ``RowIndex``,
/// since looking up a row for each event would cost the writer more than the row itself. On disk the last event is in the row of
/// the variant's stock.
struct LastEvents: Sendable {
    private var bySubject: [Int64: UInt64] = [:]

    init(loading db: Database) throws {
        try RawStatement("SELECT variant, last_event FROM stock WHERE last_event IS NOT NULL", db).forEachRow { row in
            bySubject[row.integer(0)] = UInt64(bitPattern: row.integer(1))
        }
    }

    /// Returns the event before each event of a batch, and the last events after the batch.
    func chain(_ events: [EventEnvelope]) -> Chain {
        var chain = Chain()
        chain.previous.reserveCapacity(events.count)
        for event in events {
            guard let variant = event.subject.variant?.rawValue else {
                chain.previous.append(nil)
                continue
            }
            chain.previous.append(chain.last.updateValue(event.seq, forKey: variant) ?? bySubject[variant])
        }
        return chain
    }

    /// Takes over the last events of a batch that is on disk.
    mutating func take(_ chain: Chain) { bySubject.merge(chain.last) { _, newer in newer } }

    /// Forgets the variants that were removed, except those whose ids other variants have now.
    mutating func forget(_ changes: StateChanges) {
        guard changes.touchesCatalogue else { return }
        let gone = changes.variants.lazy.filter { $0.after == nil }.compactMap(\.before?.id)
        guard !gone.isEmpty else { return }
        for id in Set(gone).subtracting(changes.variants.lazy.compactMap(\.after?.id)) { bySubject[id.rawValue] = nil }
    }

    /// How the events of a batch are linked to those before.
    struct Chain: Sendable {
        /// For each event, the event before it of the same variant; `nil` if there is none.
        var previous: [UInt64?] = []
        /// The last event of each variant in the batch.
        var last: [Int64: UInt64] = [:]
    }
}
