import HTTPEndpoints
import NIOCore
import NIOHTTP1
import TallywireAccess

/// The first handler of a connection's requests. It admits the request that becomes a WebSocket connection, removes `Upgrade` from
/// every other, and closes connections that do not begin in time.
///
/// A connection that was accepted just before a shutdown may have its first request under way, which no other process could answer. So
/// for ``UpgradingServerConfiguration/arrivalTime`` after the connection came the gate waits for that request, and makes it the last.
///
/// The gate stays while the connection is HTTP. After a request for an upgrade, even a refused one, NIO's parser reads nothing more
/// and keeps the input. So such a request is made the last of its connection: its response says so, and the input after it is
/// discarded.
final class UpgradeGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let table: UpgradeTable
    private let count: ConnectionCount
    private let configuration: UpgradingServerConfiguration
    private var deadline: Scheduled<Void>?
    /// Until when a connection whose server shuts down waits for its first request.
    private var arrivalEnd = NIODeadline.distantPast
    private var isShuttingDown = false
    /// How many request heads came.
    private var requests = 0
    /// How many requests have no complete response.
    private var unanswered = 0
    private var isLast = false
    /// Whether nothing more is taken: the time ran out before the first request, or the last one has come.
    private var isOver = false
    private var refusal: Problem?
    /// What came of a request for an upgrade, while keys are fetched for its token.
    private var held: [HTTPServerRequestPart] = []
    /// The upgrade that was admitted.
    private(set) var admitted: AdmittedUpgrade?

    init(table: UpgradeTable, count: ConnectionCount, configuration: UpgradingServerConfiguration) {
        self.table = table
        self.count = count
        self.configuration = configuration
    }

    /// Returns why the last request was refused, once.
    func takeRefusal() -> Problem? {
        defer { refusal = nil }
        return refusal
    }

    // MARK: The first request

    func handlerAdded(context: ChannelHandlerContext) {
        arrivalEnd = .now() + TimeAmount(configuration.arrivalTime)
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
        held = []
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard requests == 0 else { return context.fireUserInboundEventTriggered(event) }
        if event is ChannelShouldQuiesceEvent {
            shutDown(context)
        } else if event as? ChannelEvent == .inputClosed {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Leaves the first request what is left of its time.
    private func shutDown(_ context: ChannelHandlerContext) {
        isShuttingDown = true
        deadline?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(deadline: max(arrivalEnd, .now())) { bound.value.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard requests == 0 else { return context.fireErrorCaught(error) }
        // There is no handler yet that could respond to input that cannot be parsed.
        guard error is HTTPParserError else { return context.close(promise: nil) }
        requests += 1
        let isTooLarge = error as? HTTPParserError == .headerOverflow
        if isTooLarge { configuration.metrics.refused(.headerSize) }
        (isTooLarge ? Problem.headerTooLarge : .invalidRequest("this is not an HTTP/1.1 request")).end(context)
    }

    // MARK: Every request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        guard held.isEmpty else { return held.append(unwrapInboundIn(data)) }
        guard case .head(let head) = unwrapInboundIn(data) else {
            if isLast, case .end = unwrapInboundIn(data) {
                isOver = true
                context.triggerUserOutboundEvent(InputUnwanted(), promise: nil)
            }
            return context.fireChannelRead(data)
        }
        deadline?.cancel()
        deadline = nil
        requests += 1
        unanswered += 1
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        pass(head, context) { [self] in passHeld(bound.value) }
    }

    /// Passes a request's head on, with its upgrade, with the refusal of it, or without its header. While keys are fetched for the
    /// caller's token the head is held, and then `goOn` is called; without `goOn` nothing is held.
    private func pass(_ given: HTTPRequestHead, _ context: ChannelHandlerContext, afterKeys goOn: (() -> Void)?) {
        var head = given
        let endsParsing = head.method == .CONNECT || (head.headers.contains(name: "upgrade") && head.asksForConnectionUpgrade)
        guard endsParsing || head.headers.contains(name: "upgrade") else {
            if isShuttingDown { makeLast(&head) }
            return context.fireChannelRead(wrapInboundOut(.head(head)))
        }
        switch table.decide(head, isFirst: requests == 1, on: context.channel, afterKeys: goOn) {
        case .upgrade where isShuttingDown: refusal = .unavailable("the server is shutting down")
        case .upgrade(let upgrade):
            if let problem = countCaller(of: upgrade, context.channel) {
                refusal = problem
            } else {
                admitted = upgrade
                return context.fireChannelRead(wrapInboundOut(.head(head)))
            }
        case .refuse(let refusal): self.refusal = refusal
        case .ignore: break
        // The parser reads nothing after such a request, so no more than its end follows.
        case .afterKeys: return held = [.head(head)]
        }
        head.headers.remove(name: "upgrade")
        if endsParsing || isShuttingDown { makeLast(&head) }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private func makeLast(_ head: inout HTTPRequestHead) {
        isLast = true
        head.headers.replaceOrAdd(name: "connection", value: "close")
    }

    /// Passes on what was held, now that the keys have come or have not. Nothing is held if the connection has ended meanwhile.
    private func passHeld(_ context: ChannelHandlerContext) {
        let parts = held
        held = []
        guard case .head(let head)? = parts.first else { return }
        pass(head, context, afterKeys: nil)
        for part in parts.dropFirst() { channelRead(context: context, data: wrapInboundOut(part)) }
        context.fireChannelReadComplete()
    }

    /// Counts a WebSocket that came through a proxy for its caller. Without a proxy the connection was counted when it came.
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
