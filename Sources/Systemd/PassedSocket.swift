import Glibc

/// A listening socket that systemd has opened and passed to this process, as sd_listen_fds(3) describes it.
///
/// systemd keeps the socket open while the service restarts, so connections wait for the next process and none is refused.
public struct PassedSocket: Equatable, Sendable {
    /// The number of the first descriptor that is passed.
    public static let firstDescriptor: Int32 = 3

    public let descriptor: Int32
    /// The address that the socket listens at, without brackets.
    public let host: String
    public let port: Int

    /// The socket that `LISTEN_PID` and `LISTEN_FDS` pass to `process`; `nil` if they pass none. Programs that this process starts do
    /// not get it. Throws ``SystemdError`` if it is not one TCP socket that listens.
    public init?(environment: [String: String], process: Int32) throws {
        guard let count = try Self.count(environment: environment, process: process) else { return nil }
        guard count == 1 else {
            throw SystemdError(
                "systemd passes \(count) sockets, and the server takes one: have one ListenStream= in its socket unit")
        }
        try self.init(descriptor: Self.firstDescriptor)
    }

    /// The socket `descriptor`. From now on it is closed when this process becomes another program.
    public init(descriptor: Int32) throws {
        guard fcntl(descriptor, F_GETFD) >= 0 else { throw Self.refused(descriptor, "there is no such descriptor") }
        guard let kind = Self.option(SO_TYPE, of: descriptor) else { throw Self.refused(descriptor, "it is no socket") }
        guard kind == Int32(SOCK_STREAM.rawValue) else { throw Self.refused(descriptor, "it is no stream socket") }
        guard Self.option(SO_ACCEPTCONN, of: descriptor) == 1 else { throw Self.refused(descriptor, "it does not listen") }
        guard let (host, port) = Self.address(of: descriptor) else { throw Self.refused(descriptor, "it is not for TCP") }
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { throw Self.refused(descriptor, String(cString: strerror(errno))) }
        self.descriptor = descriptor
        self.host = host
        self.port = port
    }

    /// How many descriptors are passed to `process`; `nil` for none.
    static func count(environment: [String: String], process: Int32) throws -> Int? {
        guard let owner = environment["LISTEN_PID"], let text = environment["LISTEN_FDS"] else { return nil }
        // A program that was started by the one that got them inherits the variables.
        guard owner == "\(process)" else { return nil }
        guard let count = Int(text), count >= 0 else {
            throw SystemdError("LISTEN_FDS “\(text)” is no number of descriptors: leave it to systemd to set it")
        }
        return count == 0 ? nil : count
    }

    private static func refused(_ descriptor: Int32, _ reason: String) -> SystemdError {
        SystemdError(
            "the socket that systemd passes as descriptor \(descriptor) cannot be used: \(reason); have ListenStream=ADDRESS:PORT and no "
                + "Accept=yes in its socket unit")
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }

    /// Where the socket listens; `nil` if that is no address of IPv4 or IPv6.
    private static func address(of descriptor: Int32) -> (host: String, port: Int)? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let isKnown = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard getsockname(descriptor, address, &size) == 0,
                    [AF_INET, AF_INET6].contains(Int32(address.pointee.sa_family))
                else { return false }
                return getnameinfo(
                    address, size, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV) == 0
            }
        }
        guard isKnown, let number = Int(text(port)) else { return nil }
        return (text(host), number)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
