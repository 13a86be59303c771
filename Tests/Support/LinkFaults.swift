/// Which way bytes go through a ``FaultyProxy``.
public enum LinkDirection: Hashable, Sendable {
    case toServer, toClient
}

/// What is wrong with the links of a ``FaultyProxy``.
struct LinkFaults: Equatable, Sendable {
    var swallowed: Set<LinkDirection> = []
    var delay = Duration.zero
    var bytesPerSecond: Int?
    /// What new links are answered instead of what the server says.
    var nonsense: String?

    /// How long after the line is free `count` bytes have been carried.
    func time(for count: Int) -> Duration {
        bytesPerSecond.map { .seconds(Double(count) / Double(max(1, $0))) } ?? .zero
    }
}
