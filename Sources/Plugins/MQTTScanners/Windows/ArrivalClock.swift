import Mosquitto
import TallywireCore

/// Knows how exactly the arrival of a batch is known.
///
/// The client knows when it came in, but what comes right after a connection may have waited at the broker for any time; that is over when
/// for a moment nothing came.
struct ArrivalClock {
    /// A pause that ends what waited at the broker, and one after which it has sent nothing of the kind.
    private static let pause = Duration.milliseconds(250)
    private static let firstPause = Duration.seconds(1)

    private var connection: Int?
    private var isBacklog = true

    /// When the messages of a batch arrived, `nil` if that is not known, by a clock that shows `now` at the moment `instant`. Batches are
    /// asked for in order.
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
