import Logging
import Synchronization
import TallywireCore
import TallywireEngine

/// A plugin that brings movements in: scanners, a message queue, another system.
///
/// ## Who calls what, when
/// The server calls ``run(_:)`` once all sinks are started. The method returns when the surrounding task is cancelled, which is how
/// shutdown begins: the source then takes nothing new, and answers what it has taken. It does not throw for passing failures, such
/// as a broker that is away: the source reconnects by itself and says so in ``SourceStatus``. If the method throws, the server logs
/// the error, pauses and runs the source again.
///
/// ## What a source guarantees
/// A source acknowledges to its own side only after ``/TallywireEngine/CommandGateway/submit(_:)`` has returned the outcome. It
/// gives each movement the same id whenever its own side delivers that movement again. So redelivery is harmless, and no movement
/// is lost.
public protocol Source: Sendable {
    func run(_ context: SourceContext) async throws
}

/// What a source may know of the server in which it runs.
public struct SourceContext: Sendable {
    /// The source's name in plugins.json. The ``/TallywireCore/Command/source`` of its commands begins with this name.
    public let name: String
    public let logger: Logger
    /// Where the source submits commands.
    public let gateway: any CommandGateway
    /// Catalogue and stock as they are on disk: every command that has its outcome is in them.
    public let stock: any StockReader
    /// The location for lines that name none.
    public let defaultLocation: String
    /// Where the source reports its state and its counters.
    public let status: SourceStatus
    /// A number that survives a crash of the server, for a source whose own side does not keep one.
    public let bookmark: any SourceBookmark
    /// The server's version, such as `0.1.0`.
    public let version: String
    /// Where the source registers its devices.
    public let devices: DeviceRegistry
    /// A number like ``bookmark`` for each of the source's devices.
    public let deviceBookmark: @Sendable (String) -> any SourceBookmark
    /// The topics that all entries of plugins.json use, including this source's own.
    public let topics: [TopicUse]
    /// Where messages go that ended the server; `nil` if nothing notes which message is handled.
    public let setAside: SetAside?
    /// A file of the source's own; `nil` if nothing is kept between two runs.
    public let file: SourceFile?
    /// The time of the server's clock.
    public let now: @Sendable () -> Timestamp

    public init(
        name: String, logger: Logger, gateway: any CommandGateway, stock: any StockReader, defaultLocation: String,
        status: SourceStatus, bookmark: any SourceBookmark, version: String, devices: DeviceRegistry = DeviceRegistry(),
        deviceBookmark: @escaping @Sendable (String) -> any SourceBookmark, topics: [TopicUse] = [],
        setAside: SetAside? = nil, file: SourceFile? = nil, now: @escaping @Sendable () -> Timestamp
    ) {
        self.file = file
        self.name = name
        self.logger = logger
        self.gateway = gateway
        self.stock = stock
        self.defaultLocation = defaultLocation
        self.status = status
        self.bookmark = bookmark
        self.version = version
        self.devices = devices
        self.deviceBookmark = deviceBookmark
        self.topics = topics
        self.setAside = setAside
        self.now = now
    }
}

/// One number that a source reads again after a crash, such as how far it has read or counted on its own side.
public protocol SourceBookmark: Sendable {
    /// Returns the number that was stored last; `nil` if there is none.
    func load() async throws -> UInt64?

    /// Stores `value`. The number is on disk no later than any command that is submitted after this has returned: either both
    /// survive a crash, or the command does not.
    func store(_ value: UInt64) async throws
}

/// A bookmark that is stored beside the cursors of the sinks. The journal writes it in the transaction of the next commands, at the
/// latest.
public struct JournalBookmark: SourceBookmark {
    private let journal: any Journal
    private let key: String

    /// The bookmark of the source `name`. Its key contains a colon, which no sink's name has.
    public init(journal: any Journal, source name: String) {
        self.journal = journal
        key = "source:\(name)"
    }

    /// The bookmark of one of the source's devices.
    public init(journal: any Journal, source name: String, device: String) {
        self.journal = journal
        key = "\(DevicePositions.prefix)\(name)/\(device)"
    }

    public func load() async throws -> UInt64? { try await journal.cursor(of: key) }
    public func store(_ value: UInt64) async throws { try await journal.storeCursor(value, of: key) }
}

/// A source's state and counters, as `/api/pipeline` and `/metrics` show them. Safe from any thread.
public final class SourceStatus: Sendable {
    public struct Snapshot: Equatable, Sendable {
        public var state = "starting"
        /// Messages that came in.
        public var received: UInt64 = 0
        /// Commands that were applied, and those that were repeats of applied ones.
        public var applied: UInt64 = 0
        public var duplicates: UInt64 = 0
        /// Commands that were rejected for a reason of stock or catalogue.
        public var rejected: UInt64 = 0
        /// Payloads that could not be read.
        public var malformed: UInt64 = 0
        /// Messages that were ignored on purpose, such as retained ones.
        public var ignored: UInt64 = 0
        public var lastError: String?
        /// To whom the source is connected, without secrets; `nil` if it connects to nobody. Of several brokers, the current one.
        public var peer: String?

        public init() {}
    }

    private let snapshot = Mutex(Snapshot())

    public init() {}

    public var current: Snapshot { snapshot.withLock { $0 } }

    /// Changes the snapshot. `body` must be short.
    public func update(_ body: (inout Snapshot) -> Void) {
        snapshot.withLock { body(&$0) }
    }
}
