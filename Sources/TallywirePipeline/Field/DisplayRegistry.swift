import Synchronization
import TallywireCore

/// The shelf displays of all sinks that confirm what they show. Each sink supplies its own.
///
/// Safe from any thread.
public final class DisplayRegistry: Sendable {
    /// Returns a sink's displays, in any order.
    public typealias Reader = @Sendable () -> [DisplayRecord]

    private let readers = Mutex<[String: Reader]>([:])

    public init() {}

    /// From now on `reader` returns the displays of the sink `name`; `nil` removes the reader.
    public func setReader(of name: String, _ reader: Reader?) {
        readers.withLock { $0[name] = reader }
    }

    /// All displays, by location, SKU and sink.
    public var all: [DisplayRecord] {
        let readers = readers.withLock { Array($0.values) }
        return readers.flatMap { $0() }.sorted { ($0.location, $0.sku, $0.sink) < ($1.location, $1.sku, $1.sink) }
    }
}

/// What a shelf display has to show, and what it confirmed.
public struct DisplayRecord: Equatable, Sendable {
    /// The sink that publishes to the display.
    public let sink: String
    public let location: String
    public let sku: String
    /// The version that the display has to show.
    public var wantedVersion: Int64
    /// When that version was published.
    public var wantedSince: Timestamp
    /// The last version that the display confirmed, and when.
    public var shownVersion: Int64?
    public var shownAt: Timestamp?
    /// Whether it was reported that the display does not confirm.
    public var isStale = false

    public init(sink: String, location: String, sku: String, wantedVersion: Int64, wantedSince: Timestamp) {
        self.sink = sink
        self.location = location
        self.sku = sku
        self.wantedVersion = wantedVersion
        self.wantedSince = wantedSince
    }
}
