import CMosquitto
import Glibc

/// Finds the address of a broker that accepts connections now.
///
/// libmosquitto resolves and connects itself, but for as long as the kernel allows: two minutes if packets are dropped, and up to
/// one more minute until the kernel tries again. So the dialer connects first, with a limit, and libmosquitto then connects to an
/// address that has just accepted. At each reconnect this costs one connection, which the broker sees begin and end.
enum Dialer {
    /// Returns the numeric address to connect to. Blocks: for the resolver's own limits, then for at most `limit`.
    static func address(of broker: BrokerAddress, within limit: Duration) throws(MQTTError) -> String {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(broker.host, "\(broker.port)", &hints, &list)
        guard code == 0, let list else {
            let reason = String(cString: tallywire_resolver_error(code))
            throw MQTTError(.unknownHost, "\(broker): the name \(broker.host) cannot be resolved: \(reason)")
        }
        defer { freeaddrinfo(list) }
        let candidates = Array(sequence(first: list) { $0.pointee.ai_next })
        var problem = ETIMEDOUT
        for candidate in candidates {
            problem = connectError(candidate.pointee, within: max(.seconds(1), limit / candidates.count))
            if problem == 0, let numeric = text(candidate.pointee) { return numeric }
        }
        let reason = problem == ETIMEDOUT ? "nobody answers within \(limit)" : String(cString: strerror(problem))
        throw MQTTError(.unreachable, "\(broker) does not answer: \(reason)")
    }

    /// Whether `host` is an IP address rather than a name.
    static func isAddress(_ host: String) -> Bool {
        var bytes = in6_addr()
        return inet_pton(AF_INET, host, &bytes) == 1 || inet_pton(AF_INET6, host, &bytes) == 1
    }

    /// Connects and disconnects. Returns 0, or the `errno` of the failure.
    private static func connectError(_ target: addrinfo, within limit: Duration) -> Int32 {
        let descriptor = socket(target.ai_family, target.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        if connect(descriptor, target.ai_addr, target.ai_addrlen) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&poller, 1, Int32(clamping: limit.milliseconds)) > 0 else { return ETIMEDOUT }
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 else { return errno }
        return error
    }

    private static func text(_ target: addrinfo) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(
            target.ai_addr, target.ai_addrlen, &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST)
        return code == 0 ? String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}

/// Calls on a connection's socket that libmosquitto does not make.
enum Socket {
    /// Whether something can be read right now.
    static func isReadable(_ socket: Int32) -> Bool {
        guard socket >= 0 else { return false }
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0 && descriptor.revents & Int16(POLLIN) != 0
    }

    /// Whether the connection has ended: reset, or closed in both directions.
    static func hasEnded(_ socket: Int32) -> Bool {
        guard socket >= 0 else { return true }
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0 && descriptor.revents & Int16(POLLHUP | POLLERR) != 0
    }

    /// Has the kernel collect the bytes that are written (`tcp(7)`, TCP_CORK) until the socket is uncorked, and then send them
    /// together.
    ///
    /// libmosquitto writes each packet separately. The acknowledgements of a batch would be as many segments of four bytes, and
    /// each would wake the broker.
    static func gather(_ socket: Int32, _ isGathering: Bool) {
        guard socket >= 0 else { return }
        var value: Int32 = isGathering ? 1 : 0
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Has the kernel acknowledge at once what it receives (`tcp(7)`, TCP_QUICKACK, which has to be set again and again).
    ///
    /// Brokers send small packets with Nagle's algorithm (mosquitto unless `set_tcp_nodelay`): the second packet waits until the
    /// first is acknowledged, which the kernel delays by 40 ms. Measured on two cores: 2,600 scans a second without this, 15,000
    /// with it, in batches of 125.
    static func acknowledgeAtOnce(_ socket: Int32) {
        var yes: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_QUICKACK, &yes, socklen_t(MemoryLayout<Int32>.size))
    }
}
