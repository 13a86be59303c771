import Glibc

/// The socket at which systemd listens to a service of `Type=notify`.
///
/// The protocol is one datagram for each notification, so it is spoken here and not by libsystemd, which would be one more library that
/// has to be there. Safe from any thread.
public struct NotifySocket: Sendable {
    /// How long a notification may wait for room in systemd's queue.
    static let patience: Int = 1

    private let path: String

    /// The socket that `NOTIFY_SOCKET` names: a path, or a name that begins with `@`. `nil` if the variable is not set or empty, since
    /// then nobody listens. Throws ``SystemdError`` if the variable is neither, or longer than a socket's name may be.
    public init?(environment: [String: String]) throws {
        guard let path = environment["NOTIFY_SOCKET"], !path.isEmpty else { return nil }
        guard path.hasPrefix("/") || path.hasPrefix("@") else {
            throw SystemdError(
                "NOTIFY_SOCKET “\(path)” is neither a path nor a name that begins with @: leave it to systemd to set it")
        }
        let limit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1
        guard path.utf8.count <= limit else {
            throw SystemdError("NOTIFY_SOCKET has \(path.utf8.count) bytes, and a socket's name has at most \(limit)")
        }
        self.path = path
    }

    /// Sends a notification. Waits for at most a second. Throws ``SystemdError`` if nobody listens.
    public func send(_ notification: ServiceNotification) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let bytes = Array(notification.text.utf8)
        let sent = withAddress { address, size in
            sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, size)
        }
        guard sent == bytes.count else { throw failure() }
    }

    private func failure() -> SystemdError {
        SystemdError("systemd cannot be told anything at NOTIFY_SOCKET \(path): \(String(cString: strerror(errno)))")
    }

    private func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        // An abstract name begins with a zero byte.
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        // Without the zero byte at the end, which would be part of an abstract name.
        let size = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + name.count
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(size)) }
        }
    }
}
