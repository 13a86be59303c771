import Logging
import TallywireCore
import TallywireEngine

/// A plugin that brings movements in: scanners, a message queue, another system.
///
/// ## Who calls what, when
/// The server calls ``run(_:)`` once all sinks are started. It returns when the surrounding task is cancelled, which is how shutdown
/// begins: the source then takes nothing new, and answers what it has taken. It does not throw for what can pass, such as a broker
/// that is away: it reconnects by itself and says so in ``SourceStatus``. If it throws, the server logs it, pauses and runs it again.
///
/// ## What a source guarantees
/// It acknowledges to its own side only after ``/TallywireEngine/CommandGateway/submit(_:)`` has answered, and gives each movement the
/// same id whenever its side delivers it again. Both together make redelivery harmless and loss impossible.
public protocol Source: Sendable {
    func run(_ context: SourceContext) async throws
}

/// What a source may know of the server it runs in.
public struct SourceContext: Sendable {
    /// The source's name in plugins.json. ``/TallywireCore/Command/source`` begins with it.
    public let name: String
    public let logger: Logger
    /// Where commands go.
    public let gateway: any CommandGateway
    /// The location for lines that name none.
    public let defaultLocation: String
    /// Where the source reports its state and its counters.
    public let status: SourceStatus
    /// A number that survives the server, for a source whose own side does not keep one.
    public let bookmark: any SourceBookmark
    /// The server's version, such as `0.1.0`.
    public let version: String
    /// Where the source tells of its devices.
    public let devices: DeviceRegistry
    /// A number like ``bookmark`` for each of the source's devices.
    public let deviceBookmark: @Sendable (String) -> any SourceBookmark
    /// The topics that the entries of plugins.json use, this source's own among them.
    public let topics: [TopicUse]
    /// Where messages go that end the server; `nil` where nobody notes what is handled.
    public let setAside: SetAside?
    /// The time of the server's clock.
    public let now: @Sendable () -> Timestamp

    public init(
        name: String, logger: Logger, gateway: any CommandGateway, defaultLocation: String, status: SourceStatus,
        bookmark: any SourceBookmark, version: String, devices: DeviceRegistry = DeviceRegistry(),
        deviceBookmark: @escaping @Sendable (String) -> any SourceBookmark, topics: [TopicUse] = [],
        setAside: SetAside? = nil, now: @escaping @Sendable () -> Timestamp
    ) {
        self.name = name
        self.logger = logger
        self.gateway = gateway
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
