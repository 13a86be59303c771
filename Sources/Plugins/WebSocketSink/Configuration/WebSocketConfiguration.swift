import RoomHub
import TallywireConfiguration
import TallywireCore
import WebSocketServer

/// What a ``WebSocketSink`` serves, to whom, and within which limits.
public struct WebSocketConfiguration: Equatable, Sendable {
    /// The path on the HTTP port to which clients connect.
    public var path: String = "/ws"
    /// The rooms, what clients without a room get, and the limits.
    public var hub = RoomSettings()
    /// How often each client is pinged.
    public var pingInterval: Duration = .seconds(25)
    /// A client that was silent for this long is taken to be gone; `nil` is twice ``pingInterval``.
    public var idleTimeout: Duration?
    /// At shutdown the server closes its connections one after the other over this time, so that the clients do not all come back
    /// at once.
    public var drain: Duration = .seconds(1)
    /// At shutdown each client is told a random reconnect delay of at most this.
    public var returnWithin: Duration = .seconds(5)
    /// The path of an endpoint that sends every message back, for conformance suites; `nil` for none.
    public var echo: String?

    public init() {}

    static let pingIntervalRange: ClosedRange<Duration> = .milliseconds(20) ... .seconds(3600)
    static let drainRange: ClosedRange<Duration> = .zero ... .seconds(60)
    static let returnWithinRange: ClosedRange<Duration> = .zero ... .seconds(600)

    /// How long a client may be silent before it is taken to be gone.
    var silence: Duration { idleTimeout ?? pingInterval * 2 }

    var times: ConnectionLoop.Times {
        ConnectionLoop.Times(pingInterval: pingInterval, silence: silence, drain: drain, returnWithin: returnWithin)
    }
}

extension WebSocketConfiguration {
    /// Checks the rules that the types do not express.
    public func validate() throws(OptionError) {
        try Self.check(path: path, "path")
        if let echo { try Self.check(path: echo, "echo") }
        guard path != echo else { throw OptionError("echo", message: "path and echo are both “\(path)”") }
        try hub.validate()
        try RoomSettings.check(["drain"], drain, Self.drainRange, \.configurationText)
        try RoomSettings.check(["returnWithin"], returnWithin, Self.returnWithinRange, \.configurationText)
        try RoomSettings.check(["pingInterval"], pingInterval, Self.pingIntervalRange, \.configurationText)
        guard silence > pingInterval else {
            throw OptionError("idleTimeout", message: "idleTimeout is longer than pingInterval, or nobody could answer in time")
        }
    }

    private static func check(path: String, _ option: String) throws(OptionError) {
        guard TextRule.endpointPath.mistake(path) == nil else {
            throw OptionError(option, message: "a path begins with / and has no query")
        }
    }
}
