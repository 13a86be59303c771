import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TallywireTesting

/// A TCP proxy on 127.0.0.1 that holds back what clients send, and delivers it later: also what a client sent that has gone since.
///
/// It can lose the answer to a request, too. It delivers whole frames of HTTP/2, without those by which a client takes a request back or says that it leaves. So it has to begin
/// to hold between two frames, when no call is under way.
final class LateDelivery: Sendable {
    let port: Int
    private let target: Int
    private let state = Mutex(State())

    private struct State {
        /// Which links are held: those that are there when holding begins, or those that come as well.
        var held: Set<Int> = []
        var holdsNew = false
        /// The bytes of a request with which a fault begins, and which.
        var awaited: (request: [UInt8], fault: Fault)?
        /// Which links get no answers any more.
        var unanswered: Set<Int> = []
        var links: [Int: Link] = [:]
        var listener: (any Channel)?
    }

    /// What becomes of a request.
    enum Fault {
        /// The request and all that follows over its link is held.
        case held
        /// The request arrives, and no answer comes back over its link.
        case unanswered
    }

    private struct Link {
        let server: any Channel
        var waiting = ByteBuffer()
        var answered = 0
    }

    private init(port: Int, target: Int) {
        self.port = port
        self.target = target
    }

    static func start(to target: Int) async throws -> LateDelivery {
        let proxy = LateDelivery(port: try TestBroker.freePort(), target: target)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { proxy.accept($0) }
            .bind(host: "127.0.0.1", port: proxy.port).get()
        proxy.state.withLock { $0.listener = listener }
        return proxy
    }

    var url: String { "http://127.0.0.1:\(port)" }
    /// How many bytes clients have sent that are held.
    var heldBytes: Int { state.withLock { $0.links.values.reduce(0) { $0 + $1.waiting.readableBytes } } }

    /// Holds what is sent over the links that are there, and over new ones if `andNew`.
    func hold(andNew: Bool) {
        state.withLock {
            $0.held = Set($0.links.keys)
            $0.holdsNew = andNew
        }
    }

    /// Lets `fault` happen to the next request that contains these bytes.
    func meet(requestWith bytes: [UInt8], _ fault: Fault) { state.withLock { $0.awaited = (bytes, fault) } }

    /// Whether the request has come.
    var hasMet: Bool { state.withLock { $0.awaited == nil } }

    /// Delivers what was held, and holds nothing any more. Returns when the server has answered on each link that had held something.
    func deliver() async throws {
        let before = state.withLock { state in
            (state.held, state.holdsNew) = ([], false)
            var answered: [Int: Int] = [:]
            for (number, link) in state.links where link.waiting.readableBytes > 0 {
                answered[number] = link.answered
                link.server.writeAndFlush(Self.kept(link.waiting), promise: nil)
                state.links[number]?.waiting.clear()
            }
            return answered
        }
        try await eventually("the server answers what came late") {
            state.withLock { state in before.allSatisfy { (state.links[$0.key]?.answered ?? 0) > $0.value } }
        }
    }

    func close() async throws {
        let (listener, servers) = state.withLock { ($0.listener, $0.links.values.map(\.server)) }
        for server in servers { server.close(promise: nil) }
        try await listener?.close()
    }

    /// The frames of `bytes` without RST_STREAM (3) and GOAWAY (7); see RFC 9113, section 4.1.
    private static func kept(_ bytes: ByteBuffer) -> ByteBuffer {
        var (bytes, kept) = (bytes, ByteBuffer())
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        if bytes.getString(at: bytes.readerIndex, length: preface.utf8.count) == preface {
            kept.writeImmutableBuffer(bytes.readSlice(length: preface.utf8.count) ?? ByteBuffer())
        }
        while let head = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self),
            let frame = bytes.readSlice(length: 9 + Int(head >> 8))
        {
            if ![3, 7].contains(head & 0xFF) { kept.writeImmutableBuffer(frame) }
        }
        return kept
    }

    private func accept(_ client: any Channel) -> EventLoopFuture<Void> {
        ClientBootstrap(group: client.eventLoop).channelOption(.autoRead, value: false).connect(host: "127.0.0.1", port: target)
            .flatMapThrowing { [self] server in
                let number = state.withLock { state in
                    let number = state.links.count
                    state.links[number] = Link(server: server)
                    if state.holdsNew { state.held.insert(number) }
                    return number
                }
                try client.pipeline.syncOperations.addHandler(
                    Reader({ self.toServer($0, number) }, { self.end(number) }))
                try server.pipeline.syncOperations.addHandler(
                    Reader(
                        { bytes in
                            let isLost = self.state.withLock { state in
                                state.links[number]?.answered += bytes.readableBytes
                                return state.unanswered.contains(number)
                            }
                            if !isLost { client.writeAndFlush(bytes, promise: nil) }
                        }, { client.close(promise: nil) }))
                for end in [client, server] { end.setOption(.autoRead, value: true).whenFailure { _ in end.close(promise: nil) } }
            }
    }

    private func toServer(_ bytes: ByteBuffer, _ number: Int) {
        state.withLock { state in
            if let (request, fault) = state.awaited, Data(bytes.readableBytesView).firstRange(of: request) != nil {
                state.awaited = nil
                switch fault {
                case .held: state.held.insert(number)
                case .unanswered: state.unanswered.insert(number)
                }
            }
            if state.held.contains(number) {
                state.links[number]?.waiting.writeImmutableBuffer(bytes)
            } else {
                state.links[number]?.server.writeAndFlush(bytes, promise: nil)
            }
        }
    }

    /// A client has gone. What it sent may still be delivered.
    private func end(_ number: Int) {
        state.withLock { if !$0.held.contains(number) { $0.links[number]?.server.close(promise: nil) } }
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let onRead: (ByteBuffer) -> Void
        private let onEnd: () -> Void

        init(_ onRead: @escaping (ByteBuffer) -> Void, _ onEnd: @escaping () -> Void) {
            self.onRead = onRead
            self.onEnd = onEnd
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { onRead(unwrapInboundIn(data)) }
        func channelInactive(context: ChannelHandlerContext) { onEnd() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
