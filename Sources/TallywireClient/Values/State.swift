public import Foundation

extension TallywireClient {
    /// The state of the client.
    public struct State: Equatable, Sendable {
        public enum Phase: Equatable, Sendable {
            /// ``TallywireClient/run()`` was not called yet.
            case idle
            /// The client is connecting.
            case connecting
            /// The client is connected, and missed events are coming. The values shown may be old.
            case recovering
            /// Everything is known, and changes come by themselves.
            case live
            /// The client is not connected. The next attempt is at this time.
            case waiting(until: Date)
            /// ``TallywireClient/run()`` has ended.
            case closed
        }

        public internal(set) var phase = Phase.idle
        /// The time up to which all values shown are known to be true; `nil` before the client was live for the first time.
        public internal(set) var asOf: Date?
        /// Whether the values shown may be older than ``Configuration/staleAfter`` allows, or nothing is known yet.
        public internal(set) var isStale = true
        /// Why the last connection ended; `nil` once the client is live again.
        public internal(set) var lastFailure: Failure?

        /// The URL at which the client is connected or tries to be, as ``Configuration/urls`` has it; `nil` before
        /// ``TallywireClient/run()``.
        public internal(set) var url: String?
        /// The name of the node that the client is connected to; `nil` if the server is no cluster's.
        public internal(set) var node: String?

        public var isLive: Bool { phase == .live }
    }

    /// How a room's values and events begin on a connection.
    public struct Resumption: Equatable, Sendable {
        public enum Outcome: Equatable, Sendable {
            /// The room was joined for the first time.
            case begun
            /// Every event since the last connection comes; none is missing.
            case replayed
            /// The client was away for too long. The events in between do not come, and all values are right again. `isPartial`:
            /// only the values that changed were sent.
            case values(isPartial: Bool)
            /// The journal is another one, so everything that was known was dropped.
            case anotherJournal(epoch: String)
        }

        /// `nil` for ``Outcome/anotherJournal(epoch:)``, which concerns all rooms.
        public let room: String?
        public let outcome: Outcome
    }

    /// The result of ``TallywireClient/join(_:snapshot:since:)``.
    public struct Joined: Equatable, Sendable {
        public let room: String
        /// Everything up to this event is in the items, or came as events.
        public let seq: UInt64
        /// Whether everything since the given position came as events; `nil` if no position was given.
        public let isRecovered: Bool?
    }
}
