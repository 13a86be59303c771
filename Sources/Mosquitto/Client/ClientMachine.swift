import CMosquitto
import Logging

/// Decides what the MQTT client does: to which broker it connects and when, what it sends and what it holds back, and what the end
/// of a connection means.
///
/// The machine calls neither libmosquitto nor the clock: ``ClientLoop`` asks for the ``Step`` of each round, carries it out, and
/// tells the machine what happened. The inputs of a connection's beginning and end return actions, which the loop carries out in
/// their order. What happens for each message changes only values, and returns no action.
///
/// While a batch is held, only pings are written, so that acknowledgements stay in libmosquitto's queue. Reading continues up to
/// three quarters of the receive maximum. Those messages are held as well, since libmosquitto can release its queue only as a whole.
struct ClientMachine: ~Copyable {
    typealias Instant = ContinuousClock.Instant

    /// A connection, and how far it is set up.
    private struct Connection {
        let broker: BrokerAddress
        /// How long the client may be silent before the broker ends the connection.
        var keepAlive: Duration
        /// By when the broker must have answered CONNECT, and then SUBSCRIBE.
        var deadline: Instant?
        var connectedAt: Instant?
        var sessionPresent = false
        /// The packet id of the SUBSCRIBE that the broker has not answered.
        var subscription: UInt16?
        /// Whether messages can come in and go out.
        var isReady = false
        /// Whether the next try uses MQTT 3.1.1 and so need not wait.
        var isFallingBack = false
        /// When the last packet was written.
        var lastWrite: Instant
        /// Whether libmosquitto has written every packet that it began, so that a ping of the client may follow.
        var isBetweenPackets = false
        /// Why the connection has to end.
        var refusal: MQTTError?
    }

    private let options: MQTTClientOptions
    private var reconnection: Reconnection
    private var connection: Connection?
    private var retryAt: Instant
    private var window: PublishWindow
    private var held: Held
    private var listening: Listening
    /// How many sessions were new, or were found at another broker than the one before.
    private var session = 0
    private var lastBroker: BrokerAddress?
    /// How many connections there were.
    private var connections = 0
    /// The messages that were logged as warnings since the connection was stable, so that the same warning is not repeated.
    private var warnings: Set<String> = []

    /// How long the last acknowledgements and the DISCONNECT may take to leave.
    private static let goodbyeTime = Duration.seconds(2)

    init(_ options: MQTTClientOptions, at now: Instant) {
        self.options = options
        reconnection = Reconnection(options)
        window = PublishWindow(limit: options.window)
        held = Held(receiveMaximum: options.receiveMaximum, at: now)
        retryAt = now
        listening = Listening(since: now)
    }

    // MARK: Rounds

    /// Takes what other threads want, and returns the step of this round.
    mutating func next(_ mail: Mailbox.Mail, at now: Instant) -> Step {
        if held.letGo(acknowledged: mail.acknowledged) {
            listening.resume(at: now)
            // A subscription that was queued after the acknowledgements leaves only now.
            if connection?.deadline != nil { connection?.deadline = now + options.answerTimeout }
        }
        window.add(mail.requests)
        if mail.isStopping { return .stop(goodbye(at: now)) }
        guard let connection else {
            // Requests are taken only while connected, but the connection may have ended since.
            window.failAll(MQTTError(.notConnected, "\(options.brokers): not connected"))
            // Batches of the last connection are still being handled. The client connects after that, and the broker delivers
            // their messages again.
            guard held.isEmpty else { return .pause(upTo: nil) }
            guard now >= retryAt else { return .pause(upTo: retryAt - now) }
            return .connect(to: reconnection.broker, version: reconnection.version(of: reconnection.broker))
        }
        guard !held.isEmpty else { return .exchange }
        let reads = held.hasRoom(0, 0)
        if !reads { listening.pause() }
        return .hold(reads: reads, upTo: connection.isBetweenPackets ? max(.zero, held.pingAt - now) : nil)
    }

    /// If a batch is still held, nothing is written: the broker has to deliver its messages again.
    private func goodbye(at now: Instant) -> Goodbye? {
        guard held.isEmpty, connection?.isReady == true else { return nil }
        return Goodbye(farewell: options.subscriptions.isEmpty ? options.farewell : nil, end: now + Self.goodbyeTime)
    }

    /// Fails the publications that have no answer, since the client was stopped.
    mutating func stopped() {
        window.failAll(MQTTError(.stopped, "the MQTT client of \(options.brokers) was stopped"))
    }

    // MARK: Connecting

    /// CONNECT is queued for the broker of the last ``Step/connect(to:version:)``.
    mutating func connecting(at now: Instant) {
        connection = Connection(
            broker: reconnection.broker, keepAlive: options.keepAlive, deadline: now + options.answerTimeout, lastWrite: now)
    }

    /// There is no connection to the broker of the last ``Step/connect(to:version:)``.
    mutating func connectingFailed(_ error: MQTTError, share: Double, at now: Instant) -> [Action] {
        let broker = "\(reconnection.broker)"
        let message = error.message.hasPrefix(broker) ? error.message : "\(broker): \(error.message)"
        let isUnreachable = error.code == .unreachable || error.code == .unknownHost
        return fail(isUnreachable ? .unreachable : .refused, MQTTError(error.code, message), share, now)
    }

    mutating func connected(_ connack: ConnectionHandle.Connack, at now: Instant) -> [Action] {
        guard var connection else { return [] }
        guard connack.reason == 0 else { return refuse(connack.reason, at: connection.broker) }
        // Another broker numbers the packets of its own session.
        if !connack.sessionPresent || (lastBroker ?? connection.broker) != connection.broker { session += 1 }
        lastBroker = connection.broker
        connections += 1
        listening = Listening(since: now)
        window.limit = min(options.window, connack.receiveMaximum ?? options.window)
        connection.connectedAt = now
        connection.sessionPresent = connack.sessionPresent
        connection.keepAlive = connack.keepAlive ?? options.keepAlive
        let hasSubscriptions = !options.subscriptions.isEmpty
        connection.deadline = hasSubscriptions ? now + options.answerTimeout : nil
        self.connection = connection
        var actions: [Action] = hasSubscriptions ? [] : [.closeLog]
        if let birth = options.birth { actions.append(.publishBirth(birth)) }
        // Also in a session that the broker kept: mosquitto 2.0.11 restores sessions after a restart without their shared
        // subscriptions.
        if hasSubscriptions { actions.append(.subscribe(options.subscriptions)) }
        // A session that the broker kept has its subscriptions, and its messages come before the broker's answer to this one.
        return !hasSubscriptions || connack.sessionPresent ? actions + becomeReady() : actions
    }

    private mutating func refuse(_ reason: Int32, at broker: BrokerAddress) -> [Action] {
        let version = reconnection.version(of: broker)
        connection?.refusal = .connectionRefused(by: broker, reason, is311: version == .v311, options)
        // 132 is MQTT 5's "unsupported protocol version". libmosquitto reports it also for the reason 1 of a 3.1.1 broker.
        guard version == .automatic, reason == Int32(MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue) else { return [] }
        reconnection.fallBack(with: broker)
        connection?.isFallingBack = true
        return [.log(.notice, "broker does not speak MQTT 5, going on with 3.1.1", ["broker": "\(broker)"])]
    }

    mutating func birthFailed(_ code: Int32) {
        guard let broker = connection?.broker, let topic = options.birth?.topic else { return }
        connection?.refusal = MQTTError(.refused, "\(broker): \(topic) cannot be published: \(Library.describe(code))")
    }

    mutating func subscribing(_ result: Result<UInt16, ConnectionHandle.CodeError>) {
        guard let broker = connection?.broker else { return }
        switch result {
        case .success(let packetID): connection?.subscription = packetID
        case .failure(let error):
            connection?.refusal = MQTTError(
                .refused, "\(broker): cannot subscribe to \(options.subscriptions): \(Library.describe(error.code))")
        }
    }

    mutating func subscribed(_ packetID: UInt16, _ granted: [Int32]) -> [Action] {
        guard let connection, connection.subscription == packetID else { return [] }
        self.connection?.subscription = nil
        self.connection?.deadline = nil
        for (filter, code) in zip(options.subscriptions, granted) where code >= 128 {
            self.connection?.refusal = .subscriptionRefused(by: connection.broker, filter, code)
            return []
        }
        return connection.isReady ? [] : becomeReady()
    }

    private mutating func becomeReady() -> [Action] {
        guard let connection else { return [] }
        self.connection?.isReady = true
        let (broker, isResumed) = (connection.broker, connection.sessionPresent)
        let version: MQTTVersion = reconnection.version(of: broker) == .v311 ? .v311 : .v5
        return [
            .log(.info, "connected", ["broker": "\(broker)", "session": isResumed ? "resumed" : "new"]),
            .report(.connected(to: broker, version: version, sessionPresent: isResumed)),
        ]
    }

    // MARK: Publishing and writing

    /// The message to send now; `nil` if there is none or no room. The result has to be told with ``sent(_:)``.
    mutating func nextMessage() -> MQTTMessage? {
        guard connection?.isReady == true else { return nil }
        while let message = window.nextMessage() {
            if let problem = Topic.problem(message.topic) {
                window.refused(.rejected(problem))
            } else if message.payload.count > options.payloadLimit {
                window.refused(.rejected("the payload has \(message.payload.count) bytes, the limit is \(options.payloadLimit)"))
            } else {
                return message
            }
        }
        return nil
    }

    /// Takes the packet id of the message of the last ``nextMessage()``, or the failure. Returns whether another message may follow.
    mutating func sent(_ result: Result<UInt16, ConnectionHandle.CodeError>) -> Bool {
        switch result {
        case .success(let packetID): window.sent(as: packetID)
        case .failure(let error) where error.code == MOSQ_ERR_NO_CONN.rawValue: return false
        case .failure(let error): window.refused(.rejected(Library.describe(error.code)))
        }
        return true
    }

    mutating func answered(_ packetID: UInt16, _ reason: Int32) { window.answered(packetID, PublishResult(reason: reason)) }

    /// libmosquitto has written what the socket took; `isAll`: nothing is left. `time` is `nil` if there was nothing to write.
    mutating func wrote(isAll: Bool, at time: Instant?) {
        if let time { connection?.lastWrite = time }
        connection?.isBetweenPackets = isAll
    }

    /// Returns whether a ping has to be written now, because messages are held. The loop then writes it.
    mutating func takePing(at now: Instant) -> Bool {
        guard let connection, connection.isBetweenPackets, now >= held.pingAt else { return false }
        self.connection?.lastWrite = now
        held.pingAt = now + connection.keepAlive / 2
        return true
    }

    // MARK: Reading and holding

    /// Whether more may be read, with `messages` of `bytes` that are read already.
    func mayRead(_ messages: Int, _ bytes: Int) -> Bool { !hasRefusal && held.hasRoom(messages, bytes) }

    /// Reading begins. `hasWaited`: `poll` blocked first.
    mutating func reading(at now: Instant, hasWaited: Bool) { listening.begin(at: now, hasWaited: hasWaited) }

    /// Nothing is left to read.
    mutating func drained(at now: Instant) { listening.drained(at: now) }

    /// libmosquitto did not say whether a message is a redelivery.
    mutating func lacksRedeliveryFlag() {
        connection?.refusal = MQTTError(
            .library, "libmosquitto \(Library.version) does not tell redelivered messages apart; 2.0 is known to")
    }

    /// Holds the acknowledgements of messages that were read. Returns the batch to hand over; `nil` if there is none.
    mutating func hold(_ messages: [InboundMessage], bytes: Int, for mailbox: Mailbox?, at now: Instant) -> InboundBatch? {
        guard !messages.isEmpty, !options.subscriptions.isEmpty else { return nil }
        if held.isEmpty, let connection {
            // The last packet was written at most half of the keep-alive ago, or another one will be soon. Many short batches do
            // not need a ping each.
            held.pingAt = max(now + connection.keepAlive / 10, connection.lastWrite + connection.keepAlive / 2)
        }
        held.add(messages.count, bytes)
        return InboundBatch(
            messages: messages, arrival: listening.earliest...max(listening.earliest, now), silence: listening.silence,
            session: session, connection: connections, number: held.lastBatch, mailbox: mailbox)
    }

    // MARK: Ending

    /// Whether the broker has not answered CONNECT.
    var isUnanswered: Bool { connection != nil && connection?.connectedAt == nil }
    /// Whether the connection has to end. The loop then calls ``ended(_:share:at:)``.
    var hasRefusal: Bool { connection?.refusal != nil }

    /// The broker sent DISCONNECT with this reason of MQTT 5.
    mutating func dismissed(_ reason: Int32) {
        guard let broker = connection?.broker else { return }
        connection?.refusal = .dismissed(by: broker, reason, clientID: options.clientID)
    }

    /// Gives the connection up if the broker has not answered in time.
    mutating func checkDeadline(at now: Instant) {
        guard let connection, let deadline = connection.deadline, now > deadline else { return }
        self.connection?.refusal = MQTTError(
            .unreachable, "\(connection.broker) did not answer within \(options.answerTimeout)")
    }

    /// The connection has ended.
    mutating func ended(_ end: End, share: Double, at now: Instant) -> [Action] {
        guard let connection else { return [] }
        let (failure, error) =
            connection.refusal.map { (self.failure(of: $0, connection, now), $0) } ?? unexpected(end, connection, now)
        return fail(failure, error, share, now)
    }

    private func failure(of refusal: MQTTError, _ connection: Connection, _ now: Instant) -> ReconnectBackoff.Failure {
        let lasted = connection.connectedAt.map { now - $0 } ?? .zero
        switch refusal.code {
        case .takenOver: return .takenOver(after: lasted)
        case .connectionLost: return .lost(after: lasted)
        case .unreachable: return .unreachable
        default: return connection.isFallingBack && reconnection.failures == 0 ? .lost(after: .zero) : .refused
        }
    }

    /// What an end means that neither side has explained.
    private mutating func unexpected(
        _ end: End, _ connection: Connection, _ now: Instant
    ) -> (ReconnectBackoff.Failure, MQTTError) {
        let broker = connection.broker
        guard let lasted = connection.connectedAt.map({ now - $0 }) else {
            if let problem = end.tlsProblem { return (.refused, MQTTError(.tls, "\(broker): \(problem)")) }
            return (.unreachable, .endedUnanswered(by: broker, end.reason, isEncrypted: end.isEncrypted))
        }
        if reconnection.isTakeoverSuspected(afterEndWithin: lasted, isClosed: end.cause == .closedByPeer) {
            let what = "\(broker) closed the connection again and again; probably another client connects"
            return (.takenOver(after: lasted), .takenOver(what, clientID: options.clientID))
        }
        let reason = end.cause == .unansweredPing ? "no answer to a ping for \(connection.keepAlive)" : end.reason
        return (.lost(after: lasted), MQTTError(.connectionLost, "the connection to \(broker) was lost: \(reason)"))
    }

    private mutating func fail(
        _ failure: ReconnectBackoff.Failure, _ error: MQTTError, _ share: Double, _ now: Instant
    ) -> [Action] {
        let lasted = connection?.connectedAt.map { now - $0 }
        let isFallingBack = connection?.isFallingBack ?? false
        connection = nil
        window.failAll(error.code == .unreachable ? MQTTError(.notConnected, error.message) : error)
        let wait = reconnection.wait(
            after: failure, wasConnected: lasted != nil && error.code != .forbidden, isFallingBack: isFallingBack, share: share)
        retryAt = now + wait
        // When an older broker refuses MQTT 5, that is no failure.
        guard !isFallingBack else { return [.report(.connecting)] }
        // A new error is logged as a warning, a repeated one only for debugging.
        if lasted.map({ $0 >= options.reconnect.stable }) ?? false || warnings.count >= 64 { warnings = [] }
        let level: Logger.Level = warnings.insert(error.message).inserted ? .warning : .debug
        return [
            .log(level, error.message, ["retry": "\(wait)", "failures": "\(reconnection.failures)"]), .report(.disconnected(error)),
        ]
    }
}
