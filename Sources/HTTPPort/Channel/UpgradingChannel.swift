import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import TallywireAccess
import TallywireCore

/// A connection of the HTTP port. It serves HTTP/1.1 with the router or, after an upgrade, belongs to an endpoint.
struct UpgradingChannel: ServerChildChannel, HTTPChannelHandler {
    let responder: HTTPChannelHandler.Responder
    let table: UpgradeTable
    let configuration: UpgradingServerConfiguration
    let count: ConnectionCount

    /// A connection before its first request.
    struct Connection: ServerChildChannelValue {
        let channel: any Channel
        /// What the connection becomes with its first request.
        let role: EventLoopFuture<Role>
    }

    /// What a connection has become.
    enum Role: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        /// The connection's handlers do everything, without a task.
        case taken
    }

    /// Adds the handlers. The future is complete at once, since nothing is read before that.
    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        let peer = IPAddress(channel.remoteAddress)
        let admission = count.opened(peer)
        let count = count
        channel.closeFuture.whenComplete { _ in count.closed(peer) }
        let connection = channel.eventLoop.makeCompletedFuture {
            switch admission {
            case .within:
                try channel.keepSmallBuffers()
                try addTLS(to: channel)
                return Connection(channel: channel, role: try assemble(on: channel, logger: logger))
            case .beyond(let limit):
                configuration.metrics.refused(limit)
                try addTLS(to: channel)
                try channel.pipeline.syncOperations.addHandlers(
                    HTTPResponseEncoder(), UnreadInput(), ByteToMessageHandler(HTTPRequestDecoder()),
                    OverloadedHandler(
                        limit == .connections ? .tooManyConnections : .tooManyFromAddress, timeout: configuration.handshakeTimeout))
            case .farBeyond:
                configuration.metrics.refused(.connections)
                channel.close(promise: nil)
            }
            return Connection(channel: channel, role: channel.eventLoop.makeSucceededFuture(.taken))
        }
        // If there is no connection value, no caller closes the channel.
        connection.whenFailure { _ in channel.close(promise: nil) }
        return connection
    }

    private func addTLS(to channel: any Channel) throws {
        guard let tls = configuration.tls else { return }
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
    }

    private func assemble(on channel: any Channel, logger: Logger) throws -> EventLoopFuture<Role> {
        let stall = StalledResponseHandler(configuration)
        try channel.pipeline.syncOperations.addHandler(stall, position: .first)
        let encoder = HTTPResponseEncoder()
        let unread = UnreadInput()
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: configuration.decoder))
        let requestGuard = RequestGuard()
        let gate = UpgradeGate(table: table, count: count, configuration: configuration)
        let upgrade = NIOTypedHTTPServerUpgradeHandler(
            httpEncoder: encoder,
            // The gate and the guard are removed first: a decoder that is removed sends on bytes that they could not read.
            extraHTTPHandlers: [gate, requestGuard, decoder, unread, stall],
            upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                upgraders: [EndpointUpgrader(gate: NIOLoopBound(gate, eventLoop: channel.eventLoop))],
                notUpgradingCompletionHandler: { channel in speakHTTP(on: channel, logger: logger) }))
        try channel.pipeline.syncOperations.addHandlers(encoder, unread, decoder, requestGuard, gate, upgrade)
        return upgrade.upgradeResultFuture
    }

    private func speakHTTP(on channel: any Channel, logger: Logger) -> EventLoopFuture<Role> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers(
                HTTP1ToHTTPServerCodec(secure: configuration.tls != nil),
                HTTPConnectionStateHandler(idleTimeout: configuration.idleTimeout, logger: logger))
            return .http(
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
        }
    }

    func handle(value: Connection, logger: Logger) async {
        do {
            if case .http(let channel) = try await value.role.get() { await handleHTTP(asyncChannel: channel, logger: logger) }
        } catch {
            logger.trace("A connection ended before its first request: \(error)")
            value.channel.close(promise: nil)
        }
    }
}

extension Channel {
    /// Lets an idle connection hold only one small buffer for reading. By default NIO keeps up to four buffers of two KiB for each
    /// connection, which were most of the cost of an idle one. The buffers still grow while much input comes.
    fileprivate func keepSmallBuffers() throws {
        try syncOptions?.setOption(.maxMessagesPerRead, value: 1)
        try syncOptions?.setOption(
            .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 64 * 1024))
    }
}
