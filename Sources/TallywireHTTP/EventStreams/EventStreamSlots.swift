import Synchronization

/// Counts the streams that are open, and gives a place to no more than so many. Safe from any task.
final class EventStreamSlots: Sendable {
    private let limit: Int
    private let open = Atomic(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Streams that are open now.
    var count: Int { open.load(ordering: .relaxed) }

    /// A place, which is free again when nobody refers to it any more: an answer may be dropped before it was begun.
    func take() -> Slot? {
        guard open.add(1, ordering: .relaxed).newValue <= limit else {
            open.subtract(1, ordering: .relaxed)
            return nil
        }
        return Slot(slots: self)
    }

    final class Slot: Sendable {
        private let slots: EventStreamSlots

        fileprivate init(slots: EventStreamSlots) {
            self.slots = slots
        }

        deinit {
            slots.open.subtract(1, ordering: .relaxed)
        }
    }
}
