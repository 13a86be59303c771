/// The limits of the HTTP API, each with its reason.
public struct HTTPLimits: Equatable, Sendable {
    /// Bytes of a JSON body, and of one line of an NDJSON body. Beyond it: 413 `too_large`.
    /// A movement of a thousand lines and a product of two thousand variants fit into 1 MiB.
    public var body: Int
    /// Movements in a JSON array. All of them are in memory at once; NDJSON has no such limit.
    public var batch: Int
    /// Commands of one request that are handed in before their answers are awaited: enough for one commit, few enough that a
    /// batch leaves room in the inbox for others.
    public var window: Int
    /// How long the whole of a JSON body, or the next piece of an NDJSON body, may take to come. Beyond it: 408.
    public var bodyTime: Duration
    /// JSON of one page of events, in bytes. A page ends there even if `limit` is not reached.
    public var eventBytes: Int
    /// Events that one request with `type` looks through before it answers with what it has found.
    public var eventScan: Int
    /// Streams of events at once. Each has a task and a connection, so it costs more than a WebSocket. Beyond it: 503 `overloaded`.
    public var streams: Int
    /// JSON that is read for a stream at once, in bytes: what it holds of the events that its client has not taken.
    public var streamPiece: Int
    /// How long a stream may be silent before a comment is sent, so that proxies and clients do not take it for dead.
    public var streamHeartbeat: Duration
    /// How long the client of a stream may take nothing of what waits for it. Beyond it the connection is closed.
    public var streamStall: Duration

    /// Items of a page where none is asked for, and at most.
    public static let page = 100
    public static let largestPage = 1000
    /// Variants of a page: so many are 2 MiB of JSON, which a browser reads in less time than it shows a frame.
    public static let largestVariantPage = 5000

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
