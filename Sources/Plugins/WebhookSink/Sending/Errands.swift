import Synchronization
import TallywireCore
import TallywireEngine

/// The events of a batch, parted into lists that may be sent side by side. Workers take one list after the other. Safe from any task.
final class Errands: Sendable {
    private let lists: [[EventEnvelope]]
    private let taken = Mutex(0)

    /// One list of all events; with `concurrency` one for each variant, and one for each product's own events. Events that `memory`
    /// says were delivered are left out.
    init(_ records: [EventEnvelope], _ memory: WebhookMemory, of options: WebhookOptions) {
        let records = records.filter { !memory.isDelivered($0.seq) }
        guard options.concurrency > 1 else {
            lists = [records]
            return
        }
        var lists: [[EventEnvelope]] = []
        var places: [Subject: Int] = [:]
        for record in records {
            let subject = Subject(record)
            if let place = places[subject] {
                lists[place].append(record)
            } else {
                places[subject] = lists.count
                lists.append([record])
            }
        }
        self.lists = lists
    }

    /// What an event is about.
    private enum Subject: Hashable {
        case variant(Int64)
        case product(Int64)
        case other

        init(_ record: EventEnvelope) {
            if let id = record.subject.variant {
                self = .variant(id.rawValue)
            } else if let id = record.subject.product {
                self = .product(id.rawValue)
            } else {
                self = .other
            }
        }
    }

    var count: Int { lists.count }

    /// The next list; `nil` when all were taken.
    func next() -> [EventEnvelope]? {
        taken.withLock { taken in
            guard taken < lists.count else { return nil }
            defer { taken += 1 }
            return lists[taken]
        }
    }
}
