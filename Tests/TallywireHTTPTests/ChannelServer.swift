import HTTPEndpoints
import HTTPPort
import HTTPTestServer
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ServiceLifecycle
import TallywireTesting
import TestSupport

@testable import TallywireHTTP

/// An endpoint that sends bytes back, so that upgrades show without any WebSocket.
struct ByteEcho: UpgradeEndpoint {
    var path = "/ws"
    var admission = UpgradeAdmission.accept(["X-Echo": "yes"])

    func admit(_ request: UpgradeRequest) -> UpgradeAdmission { admission }

    func install(on channel: any Channel, request: UpgradeRequest) -> EventLoopFuture<Void> {
        channel.pipeline.addHandler(Echo())
    }

    private final class Echo: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.writeAndFlush(data, promise: nil) }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
        }
    }
}

/// Serves `endpoints` beside a small router while `body` runs, which gets the port.
func withChannelServer(
    _ endpoints: [any UpgradeEndpoint], _ configuration: UpgradingServerConfiguration = .init(), _ body: (Int) async throws -> Void
) async throws {
    try await withChannelServer(endpoints, configuration) { port, _ in try await body(port) }
}

/// The same; `body` also gets what it can shut down itself.
func withChannelServer(
    _ endpoints: [any UpgradeEndpoint], _ configuration: UpgradingServerConfiguration = .init(),
    _ body: (Int, ServiceGroup) async throws -> Void
) async throws {
    try await withHTTPServer(
        endpoints, configuration,
        addRoutes: { router in
            // More than the kernel keeps for a client that does not read.
            router.get("/large") { _, _ in String(repeating: "x", count: 16 << 20) }
            router.post("/length") { request, _ in
                try await String(request.body.collect(upTo: 1 << 20).readableBytes)
            }
        }, body)
}

/// A connection that sends what it is told and keeps what comes.
struct ChannelConnection {
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    static func open<Result: Sendable>(
        _ port: Int, trusting certificate: TestCertificate? = nil, _ body: (inout ChannelExchange) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let certificate {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: certificate.clientContext(), serverHostname: "localhost"))
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var exchange = ChannelExchange(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&exchange)
        }
    }
}

/// The two directions of a ``ChannelConnection``.
struct ChannelExchange {
    var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received = ""

    init(inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
        self.inbound = inbound
        self.outbound = outbound
    }

    /// Sends lines of HTTP, with the line ends that it wants.
    func send(_ text: String) async throws {
        try await outbound.write(
            ByteBuffer(string: text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")))
    }

    /// Everything up to and with `mark`, or to the end if it does not come. It looks through all of it whenever something comes.
    mutating func receive(through mark: String) async throws -> String {
        while true {
            if let range = received.firstRange(of: mark) {
                defer { received.removeSubrange(..<range.upperBound) }
                return String(received[..<range.upperBound])
            }
            guard let bytes = try await inbound.next() else {
                defer { received = "" }
                return received
            }
            received += String(buffer: bytes)
        }
    }

    /// Everything to the end of the connection.
    mutating func receiveAll() async throws -> String {
        defer { received = "" }
        while let bytes = try await inbound.next() { received += String(buffer: bytes) }
        return received
    }
}

/// A connection that sends and never reads.
enum NonReadingConnection {
    /// Tells that something came.
    private final class FirstBytes: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let promise: EventLoopPromise<Void>

        init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { promise.succeed() }
        func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
    }

    /// Calls `body` when the response to `text` has begun, of which no more is read.
    static func open(_ port: Int, sending text: String, _ body: () async throws -> Void) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelOption(.socketOption(.so_rcvbuf), value: 4_096)
            .connect(host: "127.0.0.1", port: port).get()
        let result: Result<Void, any Error>
        do {
            let first = channel.eventLoop.makePromise(of: Void.self)
            try await channel.pipeline.addHandler(FirstBytes(first))
            try await channel.writeAndFlush(ByteBuffer(string: text.replacing("\n", with: "\r\n")))
            channel.read()
            try await first.futureResult.get()
            result = .success(try await body())
        } catch { result = .failure(error) }
        try? await channel.close()
        try result.get()
    }
}
