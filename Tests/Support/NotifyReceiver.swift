import Glibc
import Synchronization
import TallywireTesting

/// A socket at which a test listens as systemd does, to what a service tells it.
public final class NotifyReceiver: Sendable {
    private let folder: TemporaryFolder
    private let descriptor: Int32
    private let read = Mutex<[String]>([])

    /// The value of `NOTIFY_SOCKET`.
    public let name: String

    /// With `isAbstract` the socket has a name that is no path.
    public init(isAbstract: Bool = false) throws {
        folder = try TemporaryFolder()
        name = (isAbstract ? "@" : "") + folder.file("notify")
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if isAbstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
        }
        guard isBound else { throw NeverHappened(description: "\(name) is bound: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Every notification until now, in order.
    public var notifications: [String] {
        read.withLock { read in
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while case let count = recv(descriptor, &buffer, buffer.count, 0), count >= 0 {
                read.append(String(decoding: buffer.prefix(count), as: UTF8.self))
            }
            return read
        }
    }
}
