import NIOCore

/// Ends a connection whose peer does not read.
///
/// The handler is next to the socket and counts bytes there. Hummingbird's own timer sees requests and not bytes: a request in
/// progress keeps its connection for ever, and the shutdown waits for it. So this handler closes a connection that is full and
/// whose peer has read nothing for ``UpgradingServerConfiguration/idleTimeout``. During a shutdown it closes every connection that
/// is left after ``UpgradingServerConfiguration/closingTime``. It is removed when the connection is upgraded, since an endpoint has
/// rules of its own.
final class StalledResponseHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = IOData
    typealias OutboundIn = IOData

    private let configuration: UpgradingServerConfiguration
    private var stall: StallClock
    /// The bytes that were written to the channel.
    private var written = 0
    /// Runs while the connection is full.
    private var timer: RepeatedTask?
    private var end: Scheduled<Void>?

    init(_ configuration: UpgradingServerConfiguration) {
        self.configuration = configuration
        stall = StallClock(limit: TimeAmount(configuration.idleTimeout))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stopTimer()
        end?.cancel()
        end = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        written += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { stopTimer() } else { startTimer(context) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimer()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, end == nil {
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            end = context.eventLoop.scheduleTask(in: TimeAmount(configuration.closingTime)) {
                let (handler, context) = bound.value
                handler.close(context, .cut)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func startTimer(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        stall.begin(taken: taken(context), now: .now())
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let period = TimeAmount.nanoseconds(max(1_000_000, stall.limit.nanoseconds / 4))
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in
            let (handler, context) = bound.value
            if handler.stall.isOver(taken: handler.taken(context), now: .now()) { handler.close(context, .stalled) }
        }
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }

    /// The bytes that have left this process.
    private func taken(_ context: ChannelHandlerContext) -> Int {
        let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        return written - (waiting ?? 0)
    }

    private func close(_ context: ChannelHandlerContext, _ limit: PortMetrics.Limit) {
        stopTimer()
        guard context.channel.isActive else { return }
        configuration.metrics.refused(limit)
        context.close(promise: nil)
    }
}

/// Measures for how long nothing was taken.
struct StallClock {
    let limit: TimeAmount
    private var taken = 0
    private var since = NIODeadline.uptimeNanoseconds(0)

    init(limit: TimeAmount) { self.limit = limit }

    /// Begins to measure, with the number of bytes that were taken so far.
    mutating func begin(taken: Int, now: NIODeadline) {
        self.taken = taken
        since = now
    }

    /// Whether no byte was taken for as long as the limit.
    mutating func isOver(taken: Int, now: NIODeadline) -> Bool {
        if taken != self.taken { begin(taken: taken, now: now) }
        return now - since >= limit
    }
}
