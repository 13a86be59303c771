import Logging
import TallywireCore
import TallywireEngine

/// What a sink may know of the server in which it runs.
public struct SinkContext: Sendable {
    /// The sink's name in plugins.json.
    public let name: String
    /// A logger that names the sink in each line.
    public let logger: Logger
    /// The epoch of the journal to which the events' `seq` belongs.
    public let epoch: String
    /// The epoch before it, and the last event under that; `nil` if there was none. What a receiver has beyond that event of that epoch
    /// is not in the journal.
    public let previous: JournalPosition?
    /// The last event that the sink has taken in earlier runs, `nil` if it is new. The first event will be a later one.
    public let cursor: UInt64?
    /// The last event that was committed when the sink started.
    public let head: UInt64
    /// What a position beyond the last event means that a client of the sink brings.
    public let ahead: AheadPolicy
    /// Catalogue and stock as they are on disk.
    public let stock: any StockReader
    /// The committed events, recent ones from memory: for a sink whose own clients come back to an earlier position.
    public let history: any EventHistory
    /// The file that the sink may keep beside the journal, for what it has to know after a restart; `nil` where nothing is kept.
    public let file: SourceFile?
    /// The server's version, such as `0.1.0`.
    public let version: String
    /// The filter of the entry's `events` and `where`. Delivered events are filtered already; the filter is for events that a sink
    /// reads itself.
    public let filter: EventFilter
    /// Where the sink registers its shelf displays.
    public let displays: DisplayRegistry
    /// Where the sink reports what becomes an event.
    public let reporter: Reporter
    /// Where a sink that ``Sink/notesDeliveries`` notes its tries.
    public let deliveries: DeliveryLog
    /// The time of the server's clock.
    public let now: @Sendable () -> Timestamp

    public init(
        name: String, logger: Logger, epoch: String, previous: JournalPosition? = nil, cursor: UInt64?, head: UInt64,
        stock: any StockReader,
        history: any EventHistory, file: SourceFile? = nil, version: String, filter: EventFilter = EventFilter(),
        displays: DisplayRegistry = DisplayRegistry(), reporter: Reporter? = nil, deliveries: DeliveryLog = DeliveryLog(),
        ahead: AheadPolicy = .anotherJournal,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.name = name
        self.logger = logger
        self.epoch = epoch
        self.previous = previous
        self.cursor = cursor
        self.head = head
        self.ahead = ahead
        self.stock = stock
        self.history = history
        self.file = file
        self.version = version
        self.filter = filter
        self.displays = displays
        self.reporter = reporter ?? Reporter(source: name, gateway: nil)
        self.deliveries = deliveries
        self.now = now
    }
}
