import NIOCore
import NIOPosix
import Synchronization
import TallywireTesting

/// A TCP proxy on 127.0.0.1 that can be told to behave as bad networks do, for tests of what has to survive them.
///
/// It forwards any number of links to a server, and can cut them, swallow what they carry, turn away new ones, and be slow. What is
/// told holds for links that are there and for those that come, until ``heal()``.
///
/// All methods are safe from any thread. ``close()`` ends it; a proxy that is dropped goes on until the process ends.
public final class FaultyProxy: Sendable {
    /// The port that it listens on, the same from start to end.
    public let port: Int
    let target: Int
    private let state = Mutex(State())

    struct State {
        var faults = LinkFaults()
        var listener: (any Channel)?
        /// Both ends of each link by the link's number.
        var links: [Int: [any Channel]] = [:]
        /// Links that have lost bytes, so that what comes after would make no sense.
        var damaged: Set<Int> = []
        var accepted = 0
        var cut = 0
    }

    private init(port: Int, target: Int) {
        self.port = port
        self.target = target
    }

    /// A proxy on a free port that forwards to `target` of 127.0.0.1.
    public static func start(to target: Int) async throws -> FaultyProxy {
        let proxy = FaultyProxy(port: try BrokerPort.free(), target: target)
        try await proxy.acceptLinks()
        return proxy
    }

    /// Its address as that of an MQTT broker.
    public var url: String { "mqtt://127.0.0.1:\(port)" }
    /// How many links there are now.
    public var linkCount: Int { state.withLock { $0.links.count } }
    /// How many links were accepted since the start.
    public var acceptedCount: Int { state.withLock { $0.accepted } }
    /// How many links ``cut()`` has ended since the start.
    public var cutCount: Int { state.withLock { $0.cut } }

    // MARK: Faults

    /// Ends all links at once with a reset, as when a router loses its table. New ones are accepted.
    public func cut() {
        let ends = state.withLock { state in
            defer {
                state.cut += state.links.count
                state.links = [:]
                state.damaged = []
            }
            return state.links.values.flatMap(\.self)
        }
        for end in ends { Self.reset(end) }
    }

    /// Keeps links open and new ones accepted, and throws away what they carry in these directions: the half-open connection of a
    /// device that left the Wi-Fi. Nor does the end of one side reach the other. Links that lost something are cut by ``heal()``.
    public func swallow(_ directions: Set<LinkDirection> = [.toServer, .toClient]) {
        state.withLock { $0.faults.swallowed = directions }
    }

    /// Cuts all links, and answers new ones with `text` and their end.
    public func talk(_ text: String) {
        state.withLock { $0.faults.nonsense = text }
        cut()
    }

    /// Delivers everything so much later, and no faster than this.
    public func slow(by delay: Duration = .zero, bytesPerSecond: Int? = nil) {
        state.withLock {
            $0.faults.delay = delay
            $0.faults.bytesPerSecond = bytesPerSecond
        }
    }

    /// Stops listening: the kernel refuses new links. Those that are there stay.
    public func refuseLinks() async throws {
        let listener = state.withLock { state in
            defer { state.listener = nil }
            return state.listener
        }
        try await listener?.close()
    }

    /// Listens again, on the same port.
    public func acceptLinks() async throws {
        guard state.withLock({ $0.listener == nil }) else { return }
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { [self] client in open(from: client) }
            .bind(host: "127.0.0.1", port: port).get()
        state.withLock { $0.listener = listener }
    }

    /// Forwards at once and without loss from now on, and listens. Links that lost something end.
    public func heal() async throws {
        let damaged = state.withLock { state in
            state.faults = LinkFaults()
            defer { state.damaged = [] }
            return state.damaged.compactMap { state.links.removeValue(forKey: $0) }.flatMap(\.self)
        }
        for end in damaged { Self.reset(end) }
        try await acceptLinks()
    }

    /// Ends all links and stops listening.
    public func close() async throws {
        try await refuseLinks()
        cut()
    }

    // MARK: Links

    var faults: LinkFaults { state.withLock { $0.faults } }

    func noteDamage(_ link: Int) {
        state.withLock { _ = $0.damaged.insert(link) }
    }

    /// The client's side of `link` has ended, or the server's. The other follows, unless the end is swallowed.
    func end(_ link: Int, at direction: LinkDirection) {
        let others = state.withLock { state -> [any Channel] in
            guard !state.faults.swallowed.contains(direction) else {
                state.damaged.insert(link)
                return []
            }
            return state.links.removeValue(forKey: link) ?? []
        }
        for end in others { end.close(promise: nil) }
    }

    private func open(from client: any Channel) -> EventLoopFuture<Void> {
        let (link, nonsense) = state.withLock { state in
            state.accepted += 1
            return (state.accepted, state.faults.nonsense)
        }
        if let nonsense { return client.writeAndFlush(ByteBuffer(string: nonsense)).flatMap { client.close() } }
        return ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: target)
            .flatMapThrowing { [self] server in
                state.withLock { $0.links[link] = [client, server] }
                try client.pipeline.syncOperations.addHandler(LinkEnd(self, link, .toServer, server))
                try server.pipeline.syncOperations.addHandler(LinkEnd(self, link, .toClient, client))
                for end in [client, server] { end.setOption(.autoRead, value: true).whenFailure { _ in end.close(promise: nil) } }
            }
            .flatMapErrorThrowing { error in
                client.close(promise: nil)
                throw error
            }
    }

    /// Closes with RST rather than FIN.
    private static func reset(_ channel: any Channel) {
        guard let socket = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }
}
