import RoomHub
import TallywireConfiguration
import TallywireCore
import WebSocketServer

/// What a ``SocketIOSink`` serves, to whom, and within which limits.
public struct SocketIOConfiguration: Equatable, Sendable {
    /// The path on the HTTP port to which clients connect, with or without a slash at its end.
    public var path = "/socket.io"
    /// The rooms, the broadcast that every client gets, and the limits. ``RoomHub/RoomSettings/Limits/message`` does not count.
    public var hub = RoomSettings()
    /// Which room a client joins with which event.
    public var joins = ["join_admin_room": "admin_room"]
    /// How often the server asks each client whether it is there, and how long the client may take to answer.
    public var pingInterval: Duration = .seconds(25)
    public var pingTimeout: Duration = .seconds(20)
    /// The most bytes of a body and of a message of a client.
    public var maxPayload = 1_000_000
    /// How long a client may take to connect to a namespace.
    public var connectTimeout: Duration = .seconds(45)
    /// What clients may use.
    var transports = EngineQuery.Transport.allCases
    /// How long a client that was lost can be recovered.
    public var keep: Duration = .seconds(120)
    /// How many sessions of one address may poll.
    public var pollingPerAddress = 1_000
    /// Whether the official suites for Engine.IO and Socket.IO find what they expect.
    public var conformance = false

    public init() {}

    static let pingRange: ClosedRange<Duration> = .milliseconds(100) ... .seconds(3600)
    static let maxPayloadRange = 1_024...(16 << 20)
    static let connectTimeoutRange: ClosedRange<Duration> = .milliseconds(100) ... .seconds(3600)
    static let keepRange: ClosedRange<Duration> = .zero ... .seconds(86_400)
    static let pollingRange = 1...1_000_000
    /// Where the suite for Engine.IO finds an echo.
    static let echoPath = "/engine.io"
    /// The most events that join rooms.
    static let mostJoins = 100

    /// At shutdown, connections are closed one after the other over this time.
    private static let drain = Duration.seconds(1)

    var times: ConnectionLoop.Times {
        ConnectionLoop.Times(
            pingInterval: pingInterval, silence: pingInterval + pingTimeout, drain: Self.drain, returnWithin: .zero)
    }

    /// Checks the rules that the types do not express.
    public func validate() throws(OptionError) {
        if let mistake = TextRule.endpointPath.mistake(path) { throw OptionError("path", message: mistake) }
        guard !path.hasSuffix("/") else { throw OptionError("path", message: "path is given without a slash at its end") }
        if conformance, path == Self.echoPath {
            throw OptionError("path", message: "with conformance, \(Self.echoPath) is the path of the echo")
        }
        try hub.validate()
        let directory = RoomDirectory(hub)
        // Who has rooms of their own need not write that there is none for the standard event.
        let named = joins == Self().joins ? [:] : joins
        for (event, room) in named.sorted(by: { $0.key < $1.key }) where directory.room(named: room) == nil {
            throw OptionError("joins", event, message: "there is no room “\(room)”: name one of “rooms”")
        }
        guard !transports.isEmpty else { throw OptionError("transports", message: "name polling, websocket or both") }
        try RoomSettings.check(["pingInterval"], pingInterval, Self.pingRange, \.configurationText)
        try RoomSettings.check(["pingTimeout"], pingTimeout, Self.pingRange, \.configurationText)
        try RoomSettings.check(["maxPayload"], maxPayload, Self.maxPayloadRange, { "\(ByteSize(bytes: $0))" })
        try RoomSettings.check(["connectTimeout"], connectTimeout, Self.connectTimeoutRange, \.configurationText)
        try RoomSettings.check(["keep"], keep, Self.keepRange, \.configurationText)
        try RoomSettings.check(["pollingPerAddress"], pollingPerAddress, Self.pollingRange, { "\($0)" })
    }
}
