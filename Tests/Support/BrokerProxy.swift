import Foundation
import Glibc
import Synchronization
import TallywireTesting

/// Stands between a client and a ``TestBroker`` and behaves as a broker or a network that mosquitto cannot be configured to be.
///
/// It serves one connection after the other, byte for byte, on a thread of its own that ends with its `BrokerProxy`.
public final class BrokerProxy: Sendable {
    private let server: ProxyServer

    /// Listens on a free port. With `refusesVersion5` it answers to a CONNECT of MQTT 5 as a broker does that knows only 3.1.1:
    /// CONNACK with return code 1, then the end.
    public init(to broker: TestBroker, refusesVersion5: Bool = false) throws {
        let server = try ProxyServer(target: broker.port, refusesVersion5: refusesVersion5)
        self.server = server
        Thread { server.serve() }.start()
    }

    deinit { server.close() }

    public var url: String { "mqtt://127.0.0.1:\(server.port)" }
    /// How many connections it turned away.
    public var refused: Int { server.refused }

    /// Ends the connection that is there, as a network does.
    public func cut() { server.end(lastWords: []) }

    /// Ends the connection that is there with a DISCONNECT of MQTT 5 and this reason.
    public func dismiss(reason: UInt8) { server.end(lastWords: [0xE0, 0x02, reason, 0x00]) }
}

private final class ProxyServer: Sendable {
    let port: Int
    private let refusesVersion5: Bool
    private let target: Int
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        var refused = 0
        /// What the client is to get before its connection is ended, if that is to be.
        var lastWords: [UInt8]?
        var isClosed = false
    }

    init(target: Int, refusesVersion5: Bool) throws(BrokerFailure) {
        self.refusesVersion5 = refusesVersion5
        self.target = target
        port = try BrokerPort.free()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = BrokerPort.loopback(port: port)
        let isListening = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(listener, 16) == 0
            }
        }
        guard isListening else { throw BrokerFailure("the proxy cannot listen on \(port): \(String(cString: strerror(errno)))") }
    }

    deinit { Glibc.close(listener) }

    var refused: Int { state.withLock { $0.refused } }

    func end(lastWords: [UInt8]) { state.withLock { $0.lastWords = lastWords } }

    func close() {
        state.withLock { $0.isClosed = true }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Serves until ``close()``.
    func serve() {
        while !state.withLock({ $0.isClosed }) {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            serve(client)
            Glibc.close(client)
        }
    }

    private func serve(_ client: Int32) {
        state.withLock { $0.lastWords = nil }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var count = read(client, &buffer, buffer.count)
        guard count > 0 else { return }
        // Fixed header, then "MQTT" with its length: the protocol level is the seventh byte after the remaining length, which
        // is one byte for so short a packet.
        if refusesVersion5, count > 8, buffer[8] == 5 {
            state.withLock { $0.refused += 1 }
            _ = write(client, [0x20, 0x02, 0x00, 0x01] as [UInt8], 4)
            return
        }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(server) }
        var address = BrokerPort.loopback(port: target)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected, write(server, buffer, count) == count else { return }
        while !state.withLock({ $0.isClosed }) {
            var ends = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&ends, 2, 20) >= 0 else { return }
            if let words = state.withLock({ $0.lastWords }) {
                _ = write(client, words, words.count)
                return
            }
            for (end, other) in [(0, server), (1, client)] where ends[end].revents != 0 {
                count = read(ends[end].fd, &buffer, buffer.count)
                guard count > 0, write(other, buffer, count) == count else { return }
            }
        }
    }
}
