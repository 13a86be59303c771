/// Recognises that another client uses the same client id, where the broker does not say so.
///
/// MQTT 5 has a reason for that, 0x8E. With 3.1.1, and with mosquitto 2.0.11 also in MQTT 5, the broker just closes the connection,
/// right after the other client connected. Two clients that both reconnect then close each other's connections again and again. The
/// pattern is: connections that were accepted, held for a short while, and ended without a reason. Between them no connect fails,
/// as it would with a broker that goes down.
struct TakeoverWatch {
    /// This many in a row are no accident.
    static let limit = 5
    /// A connection that held for longer does not count. Both clients come back within the backoff's longest wait.
    static let shortWhile = Duration.seconds(10)
    private let longWhile: Duration
    private var count = 0

    /// `longWhile` replaces ``shortWhile`` once another client is suspected, since both clients then wait longer.
    init(longWhile: Duration) { self.longWhile = longWhile }

    /// Notes that a connection was closed without a reason after `duration`. Returns whether another client is probably the cause.
    mutating func isSuspected(afterCloseWithin duration: Duration) -> Bool {
        count = duration < (count >= Self.limit ? longWhile : Self.shortWhile) ? count + 1 : 0
        return count >= Self.limit
    }

    /// Starts the count again, since another failure shows no other client.
    mutating func reset() { count = 0 }
}
