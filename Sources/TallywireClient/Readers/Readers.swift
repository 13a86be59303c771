extension TallywireClient {
    /// The readers, by what they read.
    struct Readers: Sendable {
        typealias Key = UInt64

        private var nextKey: Key = 0
        private var events: [Key: Reader<EventBuffer>] = [:]
        private var changes: [Key: Reader<ChangeBuffer>] = [:]
        private var items: [ItemKey: [Key: Reader<Newest<Item?>>]] = [:]
        private var states: [Key: Reader<Newest<State>>] = [:]
        private var failures: [Key: Reader<Latest<Failure>>] = [:]
        private var resumptions: [Key: Reader<Latest<Resumption>>] = [:]
        private var signals: [AsyncStream<Void>.Continuation] = []

        var count: Int {
            events.count + changes.count + states.count + failures.count + resumptions.count
                + items.values.map(\.count).reduce(0, +)
        }

        // MARK: Telling

        mutating func tell(_ event: Event) {
            for reader in events.values { put(reader) { $0.put(event) } }
        }

        mutating func tell(_ changes: ItemChanges) {
            for reader in self.changes.values { put(reader) { $0.put(changes) } }
            if items.isEmpty { return }
            for (key, item) in changes.changed { tell(item, at: key) }
            for key in changes.removed { tell(nil, at: key) }
        }

        private mutating func tell(_ item: Item?, at key: ItemKey) {
            guard let readers = items[key] else { return }
            for reader in readers.values { put(reader) { $0.put(item) } }
        }

        mutating func tell(_ state: State) {
            for reader in states.values { put(reader) { $0.put(state) } }
        }

        mutating func tell(_ failure: Failure) {
            for reader in failures.values { put(reader) { $0.put(failure) } }
        }

        mutating func tell(_ resumption: Resumption) {
            for reader in resumptions.values { put(reader) { $0.put(resumption) } }
        }

        private mutating func put<Buffer>(_ reader: Reader<Buffer>, _ change: (inout Buffer) -> Void) {
            reader.put(change)
            signals.append(reader.signal)
        }

        /// Takes the signals of the readers whose buffers have something new. They have to be yielded to while no lock is held.
        mutating func takeSignals() -> [AsyncStream<Void>.Continuation] {
            defer { signals = [] }
            return signals
        }

        // MARK: Readers

        /// A reader that was added: what it reads, and what has to be called while no lock is held.
        struct Added<Element: Sendable>: Sendable {
            let key: Key
            let updates: Updates<Element>
            /// Sets the action to call when the reader ends.
            let onEnd: @Sendable (@escaping @Sendable () -> Void) -> Void
            let finish: @Sendable () -> Void
        }

        mutating func addEvents(limit: Int) -> Added<Event> {
            let (reader, updates) = Reader.make(EventBuffer(limit: limit))
            return added(reader, updates) { $0.events[$1] = reader }
        }

        mutating func addChanges() -> Added<ItemChanges> {
            let (reader, updates) = Reader.make(ChangeBuffer())
            return added(reader, updates) { $0.changes[$1] = reader }
        }

        mutating func addItem(_ key: ItemKey, _ item: Item?) -> Added<Item?> {
            let (reader, updates) = Reader.make(Newest<Item?>())
            if let item { put(reader) { $0.put(item) } }
            return added(reader, updates) { $0.items[key, default: [:]][$1] = reader }
        }

        mutating func addStates(_ state: State) -> Added<State> {
            let (reader, updates) = Reader.make(Newest<State>())
            put(reader) { $0.put(state) }
            return added(reader, updates) { $0.states[$1] = reader }
        }

        mutating func addFailures() -> Added<Failure> {
            let (reader, updates) = Reader.make(Latest<Failure>())
            return added(reader, updates) { $0.failures[$1] = reader }
        }

        mutating func addResumptions() -> Added<Resumption> {
            let (reader, updates) = Reader.make(Latest<Resumption>())
            return added(reader, updates) { $0.resumptions[$1] = reader }
        }

        private mutating func added<Buffer>(
            _ reader: Reader<Buffer>, _ updates: Updates<Buffer.Element>, _ keep: (inout Readers, Key) -> Void
        ) -> Added<Buffer.Element> {
            nextKey += 1
            keep(&self, nextKey)
            return Added(key: nextKey, updates: updates, onEnd: { reader.onEnd($0) }, finish: { reader.finish() })
        }

        mutating func remove(_ key: Key, from item: ItemKey? = nil) {
            events[key] = nil
            changes[key] = nil
            states[key] = nil
            failures[key] = nil
            resumptions[key] = nil
            guard let item else { return }
            items[item]?[key] = nil
            if items[item]?.isEmpty == true { items[item] = nil }
        }

        /// Removes all readers. Returns a function that ends them, to be called while no lock is held.
        mutating func removeAll() -> @Sendable () -> Void {
            let (events, changes, items, states, failures, resumptions) = (events, changes, items, states, failures, resumptions)
            (self.events, self.changes, self.items, self.states, self.failures, self.resumptions) = ([:], [:], [:], [:], [:], [:])
            return {
                events.values.forEach { $0.finish() }
                changes.values.forEach { $0.finish() }
                items.values.forEach { $0.values.forEach { $0.finish() } }
                states.values.forEach { $0.finish() }
                failures.values.forEach { $0.finish() }
                resumptions.values.forEach { $0.finish() }
            }
        }
    }
}
