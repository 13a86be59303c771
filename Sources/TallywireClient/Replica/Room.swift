import Foundation
import TallywireCore

extension TallywireClient {
    /// A room that is wanted, and how far its values and events have come.
    struct Room: Sendable {
        enum Stage: Sendable {
            /// Not joined on this connection.
            case out
            /// Asked for.
            case joining
            /// Joined; a snapshot has to come before events count.
            case values
            /// Joined; events come in order.
            case joined
        }

        /// What a room's name tells of what belongs to it.
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
        /// Everything of this room up to here is known.
        private(set) var position: UInt64?
        /// A position that somebody else found out, for the first join.
        var since: Position?
        /// Once the position is here, all is known that was there when it was joined.
        private(set) var target: UInt64 = 0
        /// How the last `joined` answered.
        private(set) var isRecovered: Bool?
        /// Why the server does not let this client in.
        var refusal: Failure?
        /// What the pages of a whole snapshot had so far.
        var pages: Set<ItemKey>?
        /// For rooms whose names do not tell what belongs to them: what came through it.
        var keys: Set<ItemKey> = []

        /// A room's name in the form in which the server answers, but for Unicode's normal form, in which Swift compares by itself: a location's
        /// code has no white space around it.
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

        /// Whether all is known that was there when it was joined.
        var isCaughtUp: Bool { stage == .joined && (position ?? 0) >= target }
        /// Whether a whole snapshot of it says nothing of items beyond those that came through it.
        var isKnownByKeys: Bool {
            switch kind {
            case .location, .variant: true
            case .named, .product: false
            }
        }
        var canHoldDefaultVariant: Bool { isKnownByKeys }
        var result: Joined { Joined(room: name, seq: position ?? target, isRecovered: isRecovered) }

        /// What asks for it.
        func request(epoch: String?) -> ClientMessage {
            let known = position.flatMap { seq in epoch.map { Position(epoch: $0, seq: seq) } }
            return .join(room: name, since: known ?? since, snapshot: wantsSnapshot)
        }

        /// The connection is gone.
        mutating func leaveConnection() {
            stage = .out
            pages = nil
        }

        /// The journal is another one.
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

        /// Everything that the connection had to send up to `seq` has come.
        mutating func reach(_ seq: UInt64) {
            // Nothing but values can come before events, so a later event says that this room has none to give.
            if stage == .values, pages == nil, seq > target { stage = .joined }
            if stage == .joined { position = max(position ?? target, seq) }
        }

        /// Its snapshot, which holds at `seq`, is there.
        mutating func finishValues(at seq: UInt64) {
            pages = nil
            stage = .joined
            position = max(position ?? 0, seq)
        }

        /// Whether an item belongs here, as far as the room's name and what came tell.
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
