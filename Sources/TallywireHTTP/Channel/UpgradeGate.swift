import NIOCore
import NIOHTTP1
import TallywirePipeline

/// Watches the requests of a connection before anything else does: lets through the one that becomes a WebSocket connection,
/// takes `Upgrade` off every other, and closes connections that do not begin in time.
///
/// It stays while the connection speaks HTTP. NIO's parser reads nothing after a request for an upgrade, also when it was not
/// followed, and keeps it; so such a request is made the last of its connection, its response says so, and what comes behind it is thrown
/// away.
final class UpgradeGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let table: UpgradeTable
    private let count: ConnectionCount
    private let configuration: UpgradingServerConfiguration
    private var deadline: Scheduled<Void>?
    /// Heads that came in.
    private var requests = 0
    /// Requests whose response is not complete.
    private var unanswered = 0
    private var isLast = false
    /// Whether its time ran out before its first request.
    private var isOver = false
    private var refusal: Problem?
    /// The upgrade that was let through.
    private(set) var admitted: AdmittedUpgrade?

    init(table: UpgradeTable, count: ConnectionCount, configuration: UpgradingServerConfiguration) {
        self.table = table
        self.count = count
        self.configuration = configuration
    }

    /// Why the last request was refused, once.
    func takeRefusal() -> Problem? {
        defer { refusal = nil }
        return refusal
    }

    // MARK: The first request

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let gate = NIOLoopBound(self, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(configuration.handshakeTimeout)) {
            gate.value.endLate(bound.value)
        }
    }

    private func endLate(_ context: ChannelHandlerContext) {
        isOver = true
        configuration.metrics.refused(.handshakeTime)
        Problem.tooSlow.end(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if requests == 0, event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard requests == 0 else { return context.fireErrorCaught(error) }
        // Nobody is there yet to answer what cannot be read.
        guard error is HTTPParserError else { return context.close(promise: nil) }
        requests += 1
        let isTooLarge = error as? HTTPParserError == .headerOverflow
        if isTooLarge { configuration.metrics.refused(.headerSize) }
        (isTooLarge ? Problem.headerTooLarge : .invalidRequest("this is not an HTTP/1.1 request")).end(context)
    }

    // MARK: Every request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        guard case .head(var head) = unwrapInboundIn(data) else {
            if isLast, case .end = unwrapInboundIn(data) { context.triggerUserOutboundEvent(InputUnwanted(), promise: nil) }
            return context.fireChannelRead(data)
        }
        deadline?.cancel()
        deadline = nil
        requests += 1
        unanswered += 1
        let endsParsing = head.method == .CONNECT || (head.headers.contains(name: "upgrade") && head.asksForConnectionUpgrade)
        guard endsParsing || head.headers.contains(name: "upgrade") else { return context.fireChannelRead(data) }
        switch table.decide(head, isFirst: requests == 1, remote: context.remoteAddress) {
        case .upgrade(let upgrade):
            if let problem = countCaller(of: upgrade, context.channel) {
                refusal = problem
            } else {
                admitted = upgrade
                return context.fireChannelRead(data)
            }
        case .refuse(let refusal): self.refusal = refusal
        case .ignore: break
        }
        head.headers.remove(name: "upgrade")
        if endsParsing {
            isLast = true
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Counts a WebSocket for whom a proxy asks; without a proxy its connection was counted when it came.
    private func countCaller(of upgrade: AdmittedUpgrade, _ channel: any Channel) -> Problem? {
        guard let caller = upgrade.request.caller, caller != IPAddress(channel.remoteAddress) else { return nil }
        guard count.opened(behindProxy: caller) else {
            configuration.metrics.refused(.connectionsPerAddress)
            return .tooManyFromAddress
        }
        let count = count
        channel.closeFuture.whenComplete { _ in count.closed(behindProxy: caller) }
        return nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where isLast && unanswered == 1 && !head.isInformational:
            head.headers.replaceOrAdd(name: "connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            unanswered -= 1
            context.write(data, promise: promise)
        default: context.write(data, promise: promise)
        }
    }
}

extension HTTPResponseHead {
    fileprivate var isInformational: Bool { (100..<200).contains(status.code) }
}
