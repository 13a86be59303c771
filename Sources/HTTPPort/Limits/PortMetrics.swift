import Synchronization
import TallywireAccess

/// Counts the connections and requests that the HTTP port refused before any route saw them. Safe from any thread.
public final class PortMetrics: Sendable {
    /// Why a connection or a request was refused.
    public enum Limit: String, CaseIterable, Sendable {
        /// All connections are in use.
        case connections
        /// This address has used up its share of connections.
        case connectionsPerAddress = "connections_per_address"
        /// A connection did not begin in time.
        case handshakeTime = "handshake_time"
        /// A request's header is too large.
        case headerSize = "header_size"
        /// This address sends more requests than it may.
        case requestsPerAddress = "requests_per_address"
        /// A caller tries to sign in more often than allowed.
        case signInAttempts = "sign_in_attempts"
        /// The peer read nothing of a response for too long.
        case stalled
        /// The peer had not read a response by the end of a shutdown.
        case cut
    }

    private struct Counts {
        var limits: [Limit: UInt64] = [:]
        var tokens: [AuthenticationFailure.Reason: UInt64] = [:]
    }

    private let counts = Mutex(Counts())

    public init() {}

    func refused(_ reason: AuthenticationFailure.Reason) { counts.withLock { $0.tokens[reason, default: 0] += 1 } }
    package func refused(_ limit: Limit) { counts.withLock { $0.limits[limit, default: 0] += 1 } }

    /// How often this limit was exceeded.
    public func count(of limit: Limit) -> UInt64 { counts.withLock { $0.limits[limit] ?? 0 } }
    /// How many tokens were refused for this reason.
    public func count(of reason: AuthenticationFailure.Reason) -> UInt64 { counts.withLock { $0.tokens[reason] ?? 0 } }
}
