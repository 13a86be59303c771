extension TallywireClient {
    /// The events that wait for one reader, up to a limit.
    ///
    /// When there is no room, the variant's earlier change is merged into the new one, unless the earlier one is a change between
    /// no stock and some stock. If nothing can be merged, the oldest event is dropped, and the next one says so.
    struct EventBuffer: ReaderBuffer {
        let limit: Int
        /// `nil` in place of an event that was merged into a later one.
        private var events: [Event?] = []
        /// How many events were removed from the front of `events`. Indices count from the first event ever.
        private var base = 0
        /// The index of the first event that was not taken.
        private var start = 0
        private(set) var count = 0
        /// The index of a variant's latest change.
        private var waiting: [ItemKey: Int] = [:]
        /// How many events were dropped. The next event says so.
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

        /// From time to time, frees the memory of events that were taken or merged.
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
