extension TallywireClient {
    /// Events that wait for one reader: so many at most.
    ///
    /// When there is no room, the variant's earlier change is merged into the one that comes, unless it is one from none to some or back.
    /// Where nothing can be merged the oldest event goes, and the one after it says so.
    struct EventBuffer: ReaderBuffer {
        let limit: Int
        /// `nil` for those that were merged into a later one.
        private var events: [Event?] = []
        /// How many were taken out of `events`, so that places count from the beginning.
        private var base = 0
        /// The first of `events` that was not taken.
        private var start = 0
        private(set) var count = 0
        /// Where a variant's latest change waits.
        private var waiting: [ItemKey: Int] = [:]
        /// Events that were let go, and that the next one tells.
        private var missed = 0

        init(limit: Int) { self.limit = max(1, limit) }

        mutating func put(_ event: Event) {
            var event = event
            if count >= limit, !merge(into: &event) { dropOldest() }
            if case .inventoryUpdated(let update) = event.body { waiting[update.key] = base + events.count }
            events.append(event)
            count += 1
            compact()
        }

        mutating func take() -> Event? {
            guard var event = removeFirst() else { return nil }
            event.missed = missed
            missed = 0
            compact()
            return event
        }

        private mutating func merge(into event: inout Event) -> Bool {
            guard case .inventoryUpdated(let update) = event.body, let index = waiting[update.key],
                let earlier = events[index - base], case .inventoryUpdated(let old) = earlier.body,
                old.isInStock == update.isInStock
            else { return false }
            event.conflated += earlier.conflated + 1
            events[index - base] = nil
            count -= 1
            return true
        }

        private mutating func dropOldest() {
            guard let event = removeFirst() else { return }
            missed += 1 + event.conflated
        }

        private mutating func removeFirst() -> Event? {
            while start < events.count {
                let event = events[start]
                events[start] = nil
                start += 1
                guard let event else { continue }
                if case .inventoryUpdated(let update) = event.body, waiting[update.key] == base + start - 1 {
                    waiting[update.key] = nil
                }
                count -= 1
                return event
            }
            return nil
        }

        /// Lets go of the room of what was taken or merged, now and then.
        private mutating func compact() {
            guard events.count > 2 * max(limit, 16) else {
                if start == events.count { dropTaken() }
                return
            }
            var keys: [ItemKey: Int] = [:]
            let kept = events[start...].compactMap(\.self)
            base += start
            for (index, event) in kept.enumerated() {
                if case .inventoryUpdated(let update) = event.body { keys[update.key] = base + index }
            }
            (events, start, waiting) = (kept, 0, keys)
        }

        private mutating func dropTaken() {
            base += events.count
            events.removeAll(keepingCapacity: true)
            start = 0
        }
    }
}
