/// The room of a file system, in bytes, as this process may use it.
public struct DiskRoom: Equatable, Sendable {
    public let free: Int
    public let total: Int

    public init(free: Int, total: Int) {
        (self.free, self.total) = (free, total)
    }
}
