/// What an entry takes in a log.
public struct StoredEntry: Equatable, Sendable {
    public var index: UInt64
    /// The bytes of the entry as the log stores it: compressed, without its key, its copies on other machines and the log's own overhead.
    public var bytes: Int

    public init(index: UInt64, bytes: Int) {
        self.index = index
        self.bytes = bytes
    }
}
