import NIOCore

/// Decides what happens in an Engine.IO session whose client polls: pure, with the time given.
///
/// At most one poll waits. What the server has to say waits in a queue until the next poll, and the queue has a limit. Events do not
/// pass here: a session that nobody polls costs no memory for them.
struct PollingMachine {
    struct Settings: Sendable {
        let pingInterval: TimeAmount
        let pingTimeout: TimeAmount
        /// The most bytes that may wait for a poll.
        let buffer: Int
    }

    /// Why a session ended.
    enum End: Equatable {
        /// The client said so, or did what the protocol does not allow.
        case closed, malformed
        /// No pong came in time.
        case silent
        /// More waits than the limit allows.
        case tooSlow
        /// The server ends it.
        case dismissed
    }

    /// What the session has to do, in order.
    enum Action: Equatable {
        /// Answers a poll with these packets.
        case respond(poll: Int, [EnginePacket])
        /// Answers a poll or a body with 400.
        case refuse(poll: Int)
        /// A message came.
        case received(EnginePacket)
        case end(End)
    }

    private let settings: Settings
    private(set) var isOpen = true
    /// The poll that waits.
    private(set) var poll: Int?
    private var queue: [EnginePacket] = []
    private var queued = 0
    private var pingDue: NIODeadline
    private var pongDue: NIODeadline?
    /// Whether a WebSocket probes, until when the waiting poll is let go, so that the client can change over.
    private var noopDue: NIODeadline?
    /// How long a poll may wait while a WebSocket probes.
    static let noopInterval = TimeAmount.milliseconds(100)
    /// What one packet costs in the queue beside its payload.
    static let overhead = 64

    init(_ settings: Settings, now: NIODeadline) {
        self.settings = settings
        pingDue = now + settings.pingInterval
    }

    /// When ``tick(now:)`` has to be called next.
    var due: NIODeadline { [pongDue ?? pingDue, noopDue].compactMap(\.self).min() ?? pingDue }

    /// A poll waits for something to say.
    mutating func poll(_ number: Int, now: NIODeadline) -> [Action] {
        var actions = tick(now: now)
        guard isOpen else { return actions + [.refuse(poll: number)] }
        if let first = poll {
            poll = nil
            actions += [.respond(poll: first, [.close]), .refuse(poll: number)] + end(.malformed)
        } else {
            poll = number
            actions += flush()
        }
        return actions
    }

    /// The client of a poll has gone away.
    mutating func forget(_ number: Int) { if poll == number { poll = nil } }

    /// Takes the waiting poll to answer it with something else than packets of the queue.
    mutating func takePoll() -> Int? {
        defer { poll = nil }
        return poll
    }

    mutating func send(_ packet: EnginePacket) -> [Action] {
        guard isOpen else { return [] }
        queue.append(packet)
        queued += packet.payload.readableBytes + Self.overhead
        let actions = flush()
        return queued > settings.buffer ? actions + end(.tooSlow) : actions
    }

    private mutating func flush() -> [Action] {
        guard !queue.isEmpty, let number = takePoll() else { return [] }
        defer {
            queue = []
            queued = 0
        }
        return [.respond(poll: number, queue)]
    }

    /// Takes the packets of a client's body.
    mutating func receive(_ packets: [EnginePacket], now: NIODeadline) -> [Action] {
        var actions: [Action] = []
        for packet in packets where isOpen {
            switch packet.kind {
            case .message: actions.append(.received(packet))
            case .pong:
                guard pongDue != nil else { continue }
                pongDue = nil
                pingDue = max(now, pingDue + settings.pingInterval)
            case .close: actions += release() + end(.closed)
            case .open, .ping, .upgrade, .noop: actions += end(.malformed)
            }
        }
        return actions
    }

    /// A client sent what is no packet.
    mutating func receiveMalformed() -> [Action] { isOpen ? end(.malformed) : [] }

    /// Does what is due: a ping, the end of a session that does not answer, and letting go a poll while a WebSocket probes.
    mutating func tick(now: NIODeadline) -> [Action] {
        guard isOpen else { return [] }
        var actions: [Action] = []
        if pongDue == nil, now >= pingDue {
            pongDue = pingDue + settings.pingTimeout
            actions += send(.ping)
        }
        if let pongDue, now >= pongDue, isOpen { return actions + end(.silent) }
        if let due = noopDue, now >= due {
            noopDue = now + Self.noopInterval
            actions += release()
        }
        return actions
    }

    /// Answers the waiting poll with nothing, so that the client goes on.
    private mutating func release() -> [Action] { takePoll().map { [.respond(poll: $0, [.noop])] } ?? [] }

    // MARK: Changing over to a WebSocket

    /// A WebSocket probes this session.
    mutating func probe(now: NIODeadline) { noopDue = now + Self.noopInterval }

    /// The WebSocket that probed has ended.
    mutating func endProbe() { noopDue = nil }

    /// The session goes on over a WebSocket. A poll that waits came too late and is refused. Returns what still has to be sent.
    mutating func upgrade() -> (actions: [Action], rest: [EnginePacket]) {
        isOpen = false
        return (takePoll().map { [.refuse(poll: $0)] } ?? [], queue.filter { $0.kind == .message })
    }

    // MARK: The end

    /// The server ends the session.
    mutating func dismiss() -> [Action] { isOpen ? end(.dismissed) : [] }

    private mutating func end(_ reason: End) -> [Action] {
        isOpen = false
        queue = []
        return (takePoll().map { [.respond(poll: $0, [.close])] } ?? []) + [.end(reason)]
    }
}
