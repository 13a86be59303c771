import NIOCore
import NIOPosix
import Synchronization
import TallywireTesting

/// A server on 127.0.0.1 that answers each connection as its script says: for what a real broker cannot be made to say.
public final class ScriptedBroker: Sendable {
    /// What one connection gets.
    public struct Answer: Sendable {
        var replies: [[UInt8]]
        var closes: Bool

        /// The first of these whenever something comes, then the next; after the last the end of the connection if it `closes`.
        public init(_ replies: [UInt8]..., closes: Bool = true) {
            self.replies = replies
            self.closes = closes
        }

        /// CONNACK with this code: a return code of 3.1.1, or with `version` 5 a reason code.
        public static func connectionRefused(_ code: UInt8, version: Int = 5) -> Answer {
            Answer(version == 5 ? [0x20, 3, 0, code, 0] : [0x20, 2, 0, code])
        }

        /// CONNACK that accepts, and then the end with no reason: what a broker of 3.1.1 does to a client whose id another one took.
        public static func acceptedAndClosed(version: Int) -> Answer {
            Answer(version == 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0])
        }

        /// CONNACK that accepts, then DISCONNECT of MQTT 5 with this reason.
        public static func dismissed(_ reason: UInt8) -> Answer { Answer([0x20, 3, 0, 0, 0, 0xE0, 2, reason, 0]) }

        /// Nothing at all, and the connection stays.
        public static let silence = Answer([], closes: false)
    }

    public let port: Int
    private let state: Mutex<State>

    private struct State {
        var script: [Answer]
        var times: [ContinuousClock.Instant] = []
        var listener: (any Channel)?
    }

    private init(port: Int, script: [Answer]) {
        self.port = port
        state = Mutex(State(script: script))
    }

    /// Starts one on a free port. Each connection that sends something takes the next answer; the last is for all that come after.
    public static func start(_ script: Answer...) async throws -> ScriptedBroker {
        let broker = ScriptedBroker(port: try BrokerPort.free(), script: script)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Speaker(broker)) }
            }
            .bind(host: "127.0.0.1", port: broker.port).get()
        broker.state.withLock { $0.listener = listener }
        return broker
    }

    public var url: String { "mqtt://127.0.0.1:\(port)" }
    /// When each connection sent its first bytes.
    public var times: [ContinuousClock.Instant] { state.withLock { $0.times } }

    public func close() async throws {
        try await state.withLock { $0.listener }?.close()
    }

    private func nextAnswer() -> Answer {
        state.withLock { state in
            state.times.append(.now)
            return state.script.count > 1 ? state.script.removeFirst() : state.script.first ?? .silence
        }
    }

    private final class Speaker: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let broker: ScriptedBroker
        private var answer: Answer?

        init(_ broker: ScriptedBroker) { self.broker = broker }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var answer = answer ?? broker.nextAnswer()
            guard !answer.replies.isEmpty else { return self.answer = answer }
            let reply = answer.replies.removeFirst()
            self.answer = answer
            let isLast = answer.closes && answer.replies.isEmpty
            let channel = context.channel
            channel.writeAndFlush(ByteBuffer(bytes: reply)).whenComplete { _ in
                if isLast { channel.close(promise: nil) }
            }
        }
    }
}
