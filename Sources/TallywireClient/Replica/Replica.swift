import TallywireCore
import TallywireProtocol

extension TallywireClient {
    /// The client's copy of the server's values: it takes the server's messages in order, keeps items and positions, and updates
    /// readers.
    struct Replica: Sendable {
        /// The most events that wait for rooms to be joined.
        private static let mostEarly = 1_000

        private(set) var epoch: String?
        var follows = Follows()
        private(set) var items: Items
        var readers = Readers()
        private var delivered = DeliveredEvents()
        /// The last event that readers got, for a client that is in no room.
        private var broadcastSeq: UInt64 = 0
        /// The keys on the pages of an answer to `track` so far.
        private var trackingPages: Set<ItemKey> = []
        private var saidFull = false
        /// Events that came before all rooms were joined, in the order of the journal: a room may still bring earlier ones.
        private var early: [Event] = []

        init(maxItems: Int) { items = Items(limit: maxItems) }

        // MARK: Messages

        mutating func welcome(epoch: String, seq: UInt64) {
            let previous = self.epoch
            // The rooms bring these events again.
            early = []
            trackingPages = []
            self.epoch = epoch
            if let previous, previous != epoch {
                follows.forget()
                delivered.removeAll()
                clear()
                readers.tell(Resumption(room: nil, outcome: .anotherJournal(epoch: epoch)))
            } else if previous != nil, follows.isBroadcast, seq != broadcastSeq {
                // What was missed in no room cannot be read.
                clear()
            }
            broadcastSeq = seq
        }

        mutating func joined(_ name: String, at seq: UInt64, isRecovered: Bool?) {
            guard let isFirst = follows.rooms[name].map({ $0.position == nil && $0.since == nil }) else { return }
            follows.rooms[name]?.join(at: seq, isRecovered: isRecovered)
            if isRecovered == true { readers.tell(Resumption(room: name, outcome: .replayed)) }
            if isRecovered == nil, isFirst { readers.tell(Resumption(room: name, outcome: .begun)) }
        }

        /// Takes an event. Events that come before the server has answered the joins of all rooms wait for the events that those
        /// rooms bring.
        mutating func take(_ event: Event) {
            if early.count < Self.mostEarly, follows.isWaiting {
                // Of a node that is behind. Before the joins that is the broadcast, so the event is of no room of the client's.
                if event.seq <= follows.known { return }
                let index = early.lastIndex { $0.seq < event.seq }.map { $0 + 1 } ?? 0
                return early.insert(event, at: index)
            }
            tellEarly(before: event.seq)
            tell(event)
        }

        /// Passes on the events that waited, if they are before `seq`.
        mutating func tellEarly(before seq: UInt64 = .max) {
            let count = early.firstIndex { $0.seq >= seq } ?? early.count
            guard count > 0 else { return }
            let events = early.prefix(count)
            early.removeFirst(count)
            for event in events { tell(event) }
        }

        /// Notes that the server has sent everything up to `seq`.
        mutating func pong(_ seq: UInt64) {
            guard let first = early.first else { return reach(seq) }
            // Events that wait did not reach readers yet, so the rooms' positions stay before them.
            if follows.isWaiting { return reach(min(seq, first.seq - 1)) }
            tellEarly(before: seq + 1)
            reach(seq)
        }

        private mutating func tell(_ event: Event) {
            if !delivered.contains(event.seq) {
                if case .inventoryUpdated(let update) = event.body { follows.noteEvent(update.key, at: update.location) }
                items.fold(event)
                delivered.insert(event.seq, floor: follows.floor)
                readers.tell(event)
                tellChanges()
            }
            reach(event.seq)
        }

        /// Notes that everything that the connection had to send up to `seq` has come.
        private mutating func reach(_ seq: UInt64) {
            broadcastSeq = max(broadcastSeq, seq)
            follows.update { $0.reach(seq) }
        }

        // MARK: Pages

        mutating func take(_ page: Page, of name: String?, isPartial: Bool) {
            fold(page, from: name)
            guard let name, follows.rooms[name] != nil else { return tellChanges() }
            if !isPartial {
                let before = follows.rooms[name]?.pages ?? []
                follows.rooms[name]?.pages = before.union(page.values.map(\.key))
                if page.isLast { removeMissing(from: name, upTo: page.seq) }
            } else if follows.rooms[name]?.pages == nil {
                follows.rooms[name]?.pages = []
            }
            tellChanges()
            guard page.isLast else { return }
            let isFirst = follows.rooms[name]?.position == nil
            follows.rooms[name]?.finishValues(at: page.seq)
            readers.tell(Resumption(room: name, outcome: isFirst && !isPartial ? .begun : .values(isPartial: isPartial)))
        }

        /// Removes the items that a complete snapshot does not have.
        private mutating func removeMissing(from name: String, upTo seq: UInt64) {
            guard let room = follows.rooms[name] else { return }
            let pages = room.pages ?? []
            if room.isKnownByKeys {
                follows.rooms[name]?.keys.formIntersection(pages)
                let follows = follows
                items.remove(upTo: seq) { !follows.holds($0) }
            } else {
                items.remove(upTo: seq) { !pages.contains($0) && room.holds($0) }
            }
        }

        mutating func takeTracking(_ page: Page, asked: ClientMessage.Items) {
            fold(page, from: nil)
            trackingPages.formUnion(page.values.map(\.key))
            if page.isLast {
                let pages = trackingPages
                trackingPages = []
                let products = Set(asked.products)
                let variants = Set(asked.variants)
                items.remove(upTo: page.seq) { key in
                    let isAsked = products.contains(key.product) || key.variant.map { variants.contains($0) } ?? false
                    return isAsked && !pages.contains(key)
                }
            }
            tellChanges()
        }

        private mutating func fold(_ page: Page, from room: String?) {
            for key in page.removed where items.seq(of: key).map({ $0 <= page.seq }) ?? false { items.remove(key) }
            for values in page.values {
                follows.note(values.key, in: room)
                items.fold(values, from: Source(seq: page.seq))
            }
        }

        // MARK: Forgetting

        /// Removes the items that nothing follows any more.
        mutating func dropUnfollowed() {
            let follows = follows
            items.remove { !follows.holds($0) }
            tellChanges()
        }

        private mutating func clear() {
            items.removeAll()
            saidFull = false
            tellChanges()
        }

        /// Tells readers which items changed.
        private mutating func tellChanges() {
            if items.isFull, !saidFull {
                saidFull = true
                readers.tell(
                    Failure(.tooManyItems, "there are more than \(items.limit) items; the others are not kept (maxItems)"))
            }
            let changes = items.takeChanges()
            if changes.isEmpty { return }
            for key in changes.removed { follows.forgetItem(key) }
            readers.tell(changes)
        }
    }
}
