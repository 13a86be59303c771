/// The limits of the HTTP API, each with its reason.
public struct HTTPLimits: Equatable, Sendable {
    /// The most bytes of a JSON body, and of one line of an NDJSON body. Beyond it: 413 `too_large`. A movement of a thousand
    /// lines, or a product of two thousand variants, fits into 1 MiB.
    public var body: Int
    /// The most movements in a JSON array. All of them are in memory at once; NDJSON has no such limit.
    public var batch: Int
    /// How many commands of one request are submitted before their outcomes are awaited: enough for one commit, and few enough that
    /// a batch leaves room in the inbox for other requests.
    public var window: Int
    /// How long a whole JSON body, or the next piece of an NDJSON body, may take to come. Beyond it: 408.
    public var bodyTime: Duration
    /// The most JSON of one page of events, in bytes. A page ends there even if `limit` is not reached.
    public var eventBytes: Int
    /// How many events one request with `type` looks at before it responds with those that it has found.
    public var eventScan: Int
    /// The most event streams at once. Each has a task and a connection, so it costs more than a WebSocket. Beyond it: 503
    /// `overloaded`.
    public var streams: Int
    /// How much JSON is read for a stream at once, in bytes. A stream holds that much for a client that has not taken it.
    public var streamPiece: Int
    /// How long a stream may be silent before a comment is sent, so that proxies and clients do not take it for dead.
    public var streamHeartbeat: Duration
    /// How long the client of a stream may read nothing although something waits. Beyond it the connection is closed.
    public var streamStall: Duration

    /// The items of a page if the request does not say, and the most that it may ask for.
    public static let page = 100
    public static let largestPage = 1000
    /// The most variants of a page: 2 MiB of JSON, which a browser parses in less time than it shows a frame.
    public static let largestVariantPage = 5000
    /// The most locations on a page of control codes. Each has two QR codes, which are drawn while the request waits.
    public static let largestCodePage = 100

    public init(
        body: Int = 1 << 20, batch: Int = 10_000, window: Int = 500, bodyTime: Duration = .seconds(30), eventBytes: Int = 4 << 20,
        eventScan: Int = 20_000, streams: Int = 1_000, streamPiece: Int = 64 * 1024, streamHeartbeat: Duration = .seconds(15),
        streamStall: Duration = .seconds(60)
    ) {
        self.body = body
        self.batch = batch
        self.window = window
        self.bodyTime = bodyTime
        self.eventBytes = eventBytes
        self.eventScan = eventScan
        self.streams = streams
        self.streamPiece = streamPiece
        self.streamHeartbeat = streamHeartbeat
        self.streamStall = streamStall
    }
}
