import Mosquitto
import TallywireCore

/// Says how exactly the arrival of a batch is known.
///
/// The client knows when a batch came in. But messages that come right after a connection may have waited at the broker for any
/// time. That backlog is over after a short pause without messages.
struct ArrivalClock {
    /// A pause of this length ends the backlog of a connection. After ``firstPause`` without messages a new connection has no
    /// backlog.
    private static let pause = Duration.milliseconds(250)
    private static let firstPause = Duration.seconds(1)

    private var connection: Int?
    private var isBacklog = true

    /// When the messages of a batch arrived; `nil` if that is not known. `now` is what the server's clock shows at `instant`. Has
    /// to be called for the batches in order.
    mutating func arrival(of batch: InboundBatch, now: Timestamp, at instant: ContinuousClock.Instant = .now) -> TimeSpan? {
        if connection != batch.connection {
            connection = batch.connection
            isBacklog = batch.silence < Self.firstPause
        } else if batch.silence >= Self.pause {
            isBacklog = false
        }
        guard !isBacklog else { return nil }
        func timestamp(_ moment: ContinuousClock.Instant) -> Timestamp {
            Timestamp(milliseconds: now.milliseconds - (instant - moment).wholeMilliseconds)
        }
        return TimeSpan(earliest: timestamp(batch.arrival.lowerBound), latest: timestamp(batch.arrival.upperBound))
    }
}
