import TallywireCore

/// Knows how exactly the arrival of a batch is known.
///
/// While a batch is worked on nothing is read, so what is read next may have arrived at any time since. And what comes right after a
/// connection may have waited at the broker for any time; that is over when for a moment nothing came.
struct ArrivalClock {
    /// A pause that ends what waited at the broker.
    private static let pause: Int64 = 250

    private var connection: Int?
    private var isBacklog = true
    private var freeSince: Timestamp

    init(now: Timestamp) { freeSince = now }

    /// When the messages of a batch arrived that was read on `connection` and handed over `now`; `nil` if that is not known.
    mutating func arrival(on connection: Int, now: Timestamp) -> TimeSpan? {
        if self.connection != connection {
            self.connection = connection
            isBacklog = true
        } else if now.milliseconds - freeSince.milliseconds >= Self.pause {
            isBacklog = false
        }
        return isBacklog ? nil : TimeSpan(earliest: freeSince, latest: max(freeSince, now))
    }

    /// The batch is done; from here on messages are read again.
    mutating func done(now: Timestamp) { freeSince = now }
}
