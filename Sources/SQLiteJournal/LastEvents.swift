import GRDB
import TallywireCore
import TallywireEngine

/// The last event of each variant, so that each event can name the one before it: in memory, as ``AnswerIndex`` is, since looking a row up
/// for each event would cost the writer more than the row itself. On disk it rides along with the row of the variant's stock.
struct LastEvents: Sendable {
    private var bySubject: [Int64: UInt64] = [:]

    init(loading db: Database) throws {
        try RawStatement("SELECT variant, last_event FROM stock WHERE last_event IS NOT NULL", db).forEachRow { row in
            bySubject[row.integer(0)] = UInt64(bitPattern: row.integer(1))
        }
    }

    /// The events before each of a batch's, and the last ones after it.
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

    /// Takes over what a batch that is on disk has led to.
    mutating func take(_ chain: Chain) { bySubject.merge(chain.last) { _, newer in newer } }

    /// Forgets the variants that are gone, but for those whose ids others have taken.
    mutating func forget(_ changes: StateChanges) {
        guard changes.touchesCatalogue else { return }
        let gone = changes.variants.lazy.filter { $0.after == nil }.compactMap(\.before?.id)
        guard !gone.isEmpty else { return }
        for id in Set(gone).subtracting(changes.variants.lazy.compactMap(\.after?.id)) { bySubject[id.rawValue] = nil }
    }

    /// How the events of a batch hang together with those before.
    struct Chain: Sendable {
        /// For each event that before it of the same variant, if there is one.
        var previous: [UInt64?] = []
        /// The last event of each variant of the batch.
        var last: [Int64: UInt64] = [:]
    }
}
