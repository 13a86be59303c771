import Foundation
import TallywireTesting

/// A TCP socket of 127.0.0.1 that listens, as systemd opens one for a service.
public final class ListeningSocket: Sendable {
    public let descriptor: Int32
    public let port: Int

    /// Without `listens` the socket is bound and no more.
    public init(host: String = "127.0.0.1", listens: Bool = true) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, host, &address.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (socket, isOpen) = (descriptor, listens)
        let isThere = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0 && (!isOpen || listen(socket, 4_096) == 0)
            }
        }
        guard isThere else { throw NeverHappened(description: "\(host) is listened on: \(String(cString: strerror(errno)))") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}
