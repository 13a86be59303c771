import Synchronization

/// The shelf displays that confirm what they show, of all sinks: each sink answers for its own.
///
/// Safe from any thread.
public final class DisplayRegistry: Sendable {
    /// Gives a sink's displays, in any order.
    public typealias Reader = @Sendable () -> [DisplayRecord]

    private let readers = Mutex<[String: Reader]>([:])

    public init() {}

    /// From now on `reader` answers for the sink `name`; `nil` ends that.
    public func setReader(of name: String, _ reader: Reader?) {
        readers.withLock { $0[name] = reader }
    }

    /// All displays, by location, SKU and sink.
    public var all: [DisplayRecord] {
        let readers = readers.withLock { Array($0.values) }
        return readers.flatMap { $0() }.sorted { ($0.location, $0.sku, $0.sink) < ($1.location, $1.sku, $1.sink) }
    }
}
