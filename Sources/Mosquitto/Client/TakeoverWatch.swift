/// Recognises by its traces that another client has our id, where the broker does not say so.
///
/// MQTT 5 has a reason for it, 0x8E. With 3.1.1, and with mosquitto 2.0.11 also in MQTT 5, the broker just closes the connection, right
/// after the other one connected. Two clients that both come back by themselves then close each other's connections again and again:
/// connections that were accepted, held for a short while, and ended without a reason, with no failure to connect between, which a broker
/// that goes down would show.
struct TakeoverWatch {
    /// So many in a row are no accident.
    static let limit = 5
    /// A connection that held for longer does not count as ended by this. Both come back within the backoff's longest wait.
    static let shortWhile = Duration.seconds(10)
    private let longWhile: Duration
    private var count = 0

    /// `longWhile` takes the place of the short while once there is suspicion, since both then wait longer.
    init(longWhile: Duration) { self.longWhile = longWhile }

    /// A connection was closed without a reason after it had held for `duration`. Answers whether another client is probably behind it.
    mutating func isSuspected(afterCloseWithin duration: Duration) -> Bool {
        count = duration < (count >= Self.limit ? longWhile : Self.shortWhile) ? count + 1 : 0
        return count >= Self.limit
    }

    /// Something else went wrong: no sign of another client.
    mutating func reset() { count = 0 }
}
