public import Foundation

extension TallywireClient {
    /// How the client stands.
    public struct State: Equatable, Sendable {
        public enum Phase: Equatable, Sendable {
            /// ``TallywireClient/run()`` was not called yet.
            case idle
            /// A connection is being made.
            case connecting
            /// It is there; what was missed is coming. What is shown may be old.
            case recovering
            /// Everything is known and comes by itself.
            case live
            /// Not connected; the next attempt is then.
            case waiting(until: Date)
            /// ``TallywireClient/run()`` ended.
            case closed
        }

        public internal(set) var phase = Phase.idle
        /// Up to when everything that is shown is known to be true; `nil` before the client was live for the first time.
        public internal(set) var asOf: Date?
        /// Whether what is shown may be older than ``Configuration/staleAfter`` allows, or nothing is known yet.
        public internal(set) var isStale = true
        /// Why the last connection ended; `nil` once the client is live again.
        public internal(set) var lastFailure: Failure?

        public var isLive: Bool { phase == .live }
    }

    /// How a room's values and events begin on a connection.
    public struct Resumption: Equatable, Sendable {
        public enum Outcome: Equatable, Sendable {
            /// The room was joined for the first time.
            case begun
            /// Every event since the last connection comes, none is missing.
            case replayed
            /// The client was away for too long: what happened between is not told, all values are right again. `isPartial`: only those
            /// that changed were sent.
            case values(isPartial: Bool)
            /// The journal is another one: what was known is void.
            case anotherJournal(epoch: String)
        }

        /// `nil` for ``Outcome/anotherJournal(epoch:)``, which is about all of them.
        public let room: String?
        public let outcome: Outcome
    }

    /// What ``TallywireClient/join(_:snapshot:since:)`` was answered.
    public struct Joined: Equatable, Sendable {
        public let room: String
        /// Everything up to this event is in the items, or was told.
        public let seq: UInt64
        /// Whether everything since the position came as events; `nil` if there was none.
        public let isRecovered: Bool?
    }
}
