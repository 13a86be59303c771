/// What a node says about itself.
public struct NodeReport: Equatable, Sendable {
    public var node: String
    /// The URL at which other nodes and clients reach the node.
    public var address: String
    /// The version of the program.
    public var version: String
    /// The newest format of entries that the node reads. It reads all before that too.
    public var format: UInt16
    /// The last entry that the node has applied.
    public var applied: UInt64
    /// The last entry that is on the node's disk, so that no power cut takes it or one before it; see
    /// ``/TallywireEngine/Journal/flush()``.
    public var flushed: UInt64
    /// For how long the node has not had everything that the log has, in seconds.
    public var lag: Double
    /// How often the node has reported. Its age is told by how long this number stays the same, and not by a clock.
    public var beat: UInt64

    public init(
        node: String, address: String, version: String, format: UInt16 = LogEntry.newestFormat, applied: UInt64, flushed: UInt64,
        lag: Double = 0, beat: UInt64
    ) {
        self.node = node
        self.address = address
        self.version = version
        self.format = format
        self.applied = applied
        self.flushed = flushed
        self.lag = lag
        self.beat = beat
    }
}
