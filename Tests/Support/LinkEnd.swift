import DequeModule
import NIOCore

/// One end of a link: hands what it reads to the other end, as the proxy's faults allow.
///
/// At most ``limit`` bytes are on their way; while there are more nothing is read, so that a slow link slows its sender down, as TCP does.
final class LinkEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private static let limit = 256 * 1024
    private let proxy: FaultyProxy
    private let link: Int
    private let direction: LinkDirection
    private let other: any Channel
    /// What has been read and is not due yet, in order.
    private var waiting: Deque<(due: NIODeadline, bytes: ByteBuffer)> = []
    /// When the line has carried everything so far.
    private var lineFree = NIODeadline.now()
    private var bytesOnTheirWay = 0
    private var isReading = true

    init(_ proxy: FaultyProxy, _ link: Int, _ direction: LinkDirection, _ other: any Channel) {
        self.proxy = proxy
        self.link = link
        self.direction = direction
        self.other = other
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let faults = proxy.faults
        guard !faults.swallowed.contains(direction) else { return proxy.noteDamage(link) }
        let now = NIODeadline.now()
        lineFree = max(lineFree, now) + TimeAmount(faults.time(for: bytes.readableBytes))
        bytesOnTheirWay += bytes.readableBytes
        readOrNot(context)
        waiting.append((lineFree + TimeAmount(faults.delay), bytes))
        if waiting.count == 1 { deliver(context) }
    }

    /// Writes what is due, and comes back for the rest.
    private func deliver(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        while let first = waiting.first, first.due <= now {
            waiting.removeFirst()
            let count = first.bytes.readableBytes
            other.writeAndFlush(first.bytes).assumeIsolated().whenComplete { _ in
                self.bytesOnTheirWay -= count
                self.readOrNot(context)
            }
        }
        guard let next = waiting.first else { return }
        context.eventLoop.assumeIsolated().scheduleTask(deadline: next.due) { self.deliver(context) }
    }

    private func readOrNot(_ context: ChannelHandlerContext) {
        let shouldRead = bytesOnTheirWay < Self.limit
        guard shouldRead != isReading, context.channel.isActive else { return }
        isReading = shouldRead
        context.channel.setOption(.autoRead, value: shouldRead).whenFailure { [channel = context.channel] _ in
            channel.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        waiting = []
        proxy.end(link, at: direction)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
