import Foundation
import TallywireCore
import TallywireProtocol

extension TallywireClient {
    /// A room that the client wants to be in, and how far its values and events have come.
    struct Room: Sendable {
        enum Stage: Sendable {
            /// The room is not joined on this connection.
            case out
            /// The join was sent.
            case joining
            /// The room is joined. A snapshot has to come before events count.
            case values
            /// The room is joined. Events come in order.
            case joined
        }

        /// Which items belong to a room, as far as its name says so.
        private enum Kind: Equatable {
            case named
            case product(ProductID)
            case variant(VariantID)
            case location
        }

        let name: String
        let wantsSnapshot: Bool
        private let kind: Kind
        var stage = Stage.out
        /// Everything in this room up to this event is known.
        private(set) var position: UInt64?
        /// A position that the caller knew, for the first join.
        var since: Position?
        /// When ``position`` reaches this event, everything is known that was in the room when it was joined.
        private(set) var target: UInt64 = 0
        /// What the last `joined` said.
        private(set) var isRecovered: Bool?
        /// Why the server refused the room.
        var refusal: Failure?
        /// The keys on the pages of a complete snapshot so far.
        var pages: Set<ItemKey>?
        /// For rooms whose names do not say which items belong to them: the items that came through the room.
        var keys: Set<ItemKey> = []

        /// A room's name in the form that the server uses: a location's code has no white space around it. Unicode's normal form is
        /// not needed here, since Swift compares by it.
        static func name(_ given: String) -> String {
            guard given.hasPrefix("location:") else { return given }
            let code = given.dropFirst("location:".count)
            return "location:" + code.trimmingCharacters(in: .whitespacesAndNewlines.union(["\u{FEFF}"]))
        }

        init(_ name: String, wantsSnapshot: Bool) {
            self.name = name
            self.wantsSnapshot = wantsSnapshot
            let parts = name.split(separator: ":", maxSplits: 1)
            kind =
                switch (parts.first, parts.count == 2 ? Int64(parts[1]) : nil) {
                case ("product", let id?): .product(ProductID(id))
                case ("variant", let id?): .variant(VariantID(id))
                case ("location", _) where parts.count == 2: .location
                default: .named
                }
        }

        /// Whether everything is known that was in the room when it was joined.
        var isCaughtUp: Bool { stage == .joined && (position ?? 0) >= target }
        /// Whether a complete snapshot of the room only says something about items that came through it.
        var isKnownByKeys: Bool {
            switch kind {
            case .location, .variant: true
            case .named, .product: false
            }
        }
        var canHoldDefaultVariant: Bool { isKnownByKeys }
        var result: Joined { Joined(room: name, seq: position ?? target, isRecovered: isRecovered) }

        /// The message that joins the room.
        func request(epoch: String?) -> ClientMessage {
            let known = position.flatMap { seq in epoch.map { Position(epoch: $0, seq: seq) } }
            return .join(room: name, since: known ?? since, snapshot: wantsSnapshot)
        }

        /// Notes that the connection has ended.
        mutating func leaveConnection() {
            stage = .out
            pages = nil
        }

        /// Forgets what belonged to the last journal.
        mutating func forget() {
            position = nil
            since = nil
            pages = nil
            keys = []
        }

        mutating func join(at seq: UInt64, isRecovered: Bool?) {
            refusal = nil
            self.isRecovered = isRecovered
            target = seq
            switch isRecovered {
            case nil:
                position = seq
                stage = .joined
            case true?:
                stage = .joined
                position = position ?? since?.seq
            case false?: stage = .values
            }
        }

        /// Notes that everything that the connection had to send up to `seq` has come.
        mutating func reach(_ seq: UInt64) {
            // Only values come before events, so a later event shows that this room has no values to send.
            if stage == .values, pages == nil, seq > target { stage = .joined }
            if stage == .joined { position = max(position ?? target, seq) }
        }

        /// Notes that the room's snapshot, which holds at `seq`, is complete.
        mutating func finishValues(at seq: UInt64) {
            pages = nil
            stage = .joined
            position = max(position ?? 0, seq)
        }

        /// Whether an item belongs to this room, as far as the room's name and the items that came say so.
        func holds(_ key: ItemKey) -> Bool {
            switch kind {
            case .named: true
            case .product(let id): key.product == id
            case .variant(let id): key.variant == id || keys.contains(key)
            case .location: keys.contains(key)
            }
        }
    }
}
