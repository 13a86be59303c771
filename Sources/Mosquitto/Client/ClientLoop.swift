import CMosquitto
import Glibc
import Logging

/// The work of the client's thread: connect, read, hand over, hold, write, and connect again.
///
/// The loop polls the socket and a ``WakeUp`` itself, and calls libmosquitto's `loop_read`, `loop_write` and `loop_misc`.
/// `mosquitto_loop` would use `select`, which cannot take a descriptor of 1024 or more, and would write acknowledgements at once.
///
/// One round is: release the batches that were acknowledged, queue publications, write, poll, read, hand over. While a batch is
/// held, only pings are written, so that acknowledgements stay in libmosquitto's queue. Reading continues up to ``heldLimit``.
/// Those messages are held as well, since libmosquitto can release its queue only as a whole.
final class ClientLoop {
    private let options: MQTTClientOptions
    private let mailbox: Mailbox
    private let wakeUp: WakeUp
    private let logger: Logger
    private let deliver: @Sendable (InboundBatch) -> Void
    private let clock = ContinuousClock()

    private var rotation: BrokerRotation
    /// The protocol for each broker.
    private var versions: [BrokerAddress: MQTTVersion] = [:]
    private var backoff: ReconnectBackoff
    private var takeovers: TakeoverWatch
    private var window: PublishWindow
    private var link: ConnectionLink?
    private var retryAt: ContinuousClock.Instant
    /// The messages that were handed over since the last acknowledgements left; ``lastBatch`` is the number of the newest batch.
    private var held = Held()
    private var lastBatch: UInt64 = 0
    /// When the next ping is due while messages are held.
    private var pingAt: ContinuousClock.Instant
    private var listening: Listening
    /// How many sessions were new, or were found at another broker than the one before.
    private var session = 0
    private var lastBroker: BrokerAddress?
    /// How many connections there were.
    private var connections = 0
    /// The messages that were logged as warnings since the connection was stable, so that the same warning is not repeated.
    private var warnings: Set<String> = []

    /// The most messages whose acknowledgements are held. The rest of the receive maximum may arrive meanwhile.
    private var heldLimit: Int { max(1, options.receiveMaximum * 3 / 4) }
    /// The most messages in a batch: few enough that a batch is handled while the next one is read.
    private static let batchLimit = 250
    /// The most bytes of payload whose acknowledgements are held. Further messages stay in the socket.
    private static let batchBytes = 8 * 1024 * 1024
    /// How many publications are written at once. With a whole window of 200, broker and client would wait for each other by turns.
    /// With one at a time, each would cost a system call.
    private static let burst = 16
    /// How long the last acknowledgements and the DISCONNECT may take to leave.
    private static let farewellTime = Duration.seconds(2)

    init(
        _ options: MQTTClientOptions, mailbox: Mailbox, wakeUp: WakeUp, logger: Logger,
        deliver: @escaping @Sendable (InboundBatch) -> Void
    ) {
        self.options = options
        self.mailbox = mailbox
        self.wakeUp = wakeUp
        self.logger = logger
        self.deliver = deliver
        rotation = BrokerRotation(options.brokers)
        backoff = ReconnectBackoff(options.reconnect)
        takeovers = TakeoverWatch(longWhile: options.reconnect.takenOverMaximum)
        window = PublishWindow(limit: options.window)
        retryAt = clock.now
        pingAt = clock.now
        listening = Listening(since: clock.now)
    }

    /// Runs until the client is stopped.
    func run() {
        // libmosquitto and OpenSSL write with write(2). On a connection that was reset, that raises SIGPIPE, which is blocked on
        // this thread.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        warnOfUncheckedBrokers()
        while !mailbox.isStopping { round() }
        sayGoodbye()
        link = nil
        window.failAll(MQTTError(.stopped, "the MQTT client of \(options.brokers) was stopped"))
        mailbox.finish(options.brokers)
    }

    private func round() {
        if !held.isEmpty, mailbox.acknowledged >= lastBatch { letGo() }
        window.add(mailbox.takeRequests())
        guard let link else { return roundWithoutConnection() }
        guard held.isEmpty else { return roundWhileHolding(link) }
        if link.isReady { publish() }
        write()
        guard let link = self.link else { return }
        if link.handle.hasInput {
            read(hasWaited: false)
        } else if wakeUp.wait(for: link.handle.socket, writing: link.handle.wantsToWrite, upTo: .seconds(1)) {
            read(hasWaited: true)
        }
        keepAlive()
    }

    private func roundWithoutConnection() {
        // Requests are taken only while connected, but the connection may have ended since.
        window.failAll(MQTTError(.notConnected, "\(options.brokers): not connected"))
        let now = clock.now
        // Batches of the last connection are still being handled. The client connects after that, and the broker delivers their
        // messages again.
        if held.isEmpty, now >= retryAt { return connect() }
        _ = wakeUp.wait(for: -1, writing: false, upTo: held.isEmpty ? retryAt - now : nil)
    }

    private func keepAlive() {
        guard let link else { return }
        concludeCall(link.handle.keepAlive())
        if let link = self.link, let deadline = link.deadline, clock.now > deadline {
            fail(.unreachable, MQTTError(.unreachable, "\(link.broker) did not answer within \(options.answerTimeout)"))
        }
    }

    private func warnOfUncheckedBrokers() {
        guard options.brokers.all.contains(where: \.isSecure), options.tls.verification != .full else { return }
        logger.warning(
            "TLS without a full check of the broker's certificate: somebody in between can pass for the broker.",
            metadata: ["broker": "\(options.brokers)", "tls.verify": "\(options.tls.verification.rawValue)"])
    }
}

/// Connecting: from the first packet to the last answer that the client needs before it can work.
extension ClientLoop {
    private func connect() {
        guard mailbox.beginBlocking() else { return }
        defer { mailbox.endBlocking() }
        mailbox.report(.connecting)
        let broker = rotation.current
        do throws(MQTTError) {
            let handle = try ConnectionHandle(options, to: broker, version: version(of: broker))
            let address = try Dialer.address(of: broker, within: options.answerTimeout)
            let code = handle.connect(options, to: broker, at: address)
            guard code == 0 else {
                let reason = Library.describe(withErrno: code)
                if let problem = handle.tlsProblem { throw MQTTError(.tls, "\(broker): \(problem)") }
                throw MQTTError(.unreachable, "\(broker) does not answer: \(reason)")
            }
            link = ConnectionLink(
                handle: handle, broker: broker, keepAlive: options.keepAlive, deadline: clock.now + options.answerTimeout,
                lastWrite: clock.now)
        } catch {
            let isUnreachable = error.code == .unreachable || error.code == .unknownHost
            let message = error.message.hasPrefix("\(broker)") ? error.message : "\(broker): \(error.message)"
            fail(isUnreachable ? .unreachable : .refused, MQTTError(error.code, message))
        }
    }

    private func version(of broker: BrokerAddress) -> MQTTVersion { versions[broker] ?? options.version }

    private func didConnect(_ connack: ConnectionHandle.Connack) {
        guard let link, connack.reason == 0 else { return refuse(connack.reason) }
        self.link?.connectedAt = clock.now
        listening = Listening(since: clock.now)
        self.link?.sessionPresent = connack.sessionPresent
        self.link?.keepAlive = connack.keepAlive ?? options.keepAlive
        // Another broker numbers the packets of its own session.
        if !connack.sessionPresent || (lastBroker ?? link.broker) != link.broker { session += 1 }
        lastBroker = link.broker
        connections += 1
        if options.subscriptions.isEmpty { link.handle.closeLog() }
        window.limit = min(options.window, connack.receiveMaximum ?? options.window)
        if let birth = options.birth, case .failure(let error) = link.handle.publish(birth) {
            self.link?.refusal = MQTTError(
                .refused, "\(link.broker): \(birth.topic) cannot be published: \(Library.describe(error.code))")
        }
        guard !options.subscriptions.isEmpty else {
            self.link?.deadline = nil
            return becomeReady()
        }
        // Also in a session that the broker kept: mosquitto 2.0.11 restores sessions after a restart without their shared
        // subscriptions.
        switch link.handle.subscribe(options.subscriptions) {
        case .success(let packetID): self.link?.subscription = packetID
        case .failure(let error):
            self.link?.refusal = MQTTError(
                .refused, "\(link.broker): cannot subscribe to \(options.subscriptions): \(Library.describe(error.code))")
        }
        self.link?.deadline = clock.now + options.answerTimeout
        // A session that the broker kept has its subscriptions, and its messages come before the broker's answer to this one.
        if connack.sessionPresent { becomeReady() }
    }

    private func refuse(_ reason: Int32) {
        guard let broker = link?.broker else { return }
        let is311 = version(of: broker) == .v311
        // 132 is MQTT 5's "unsupported protocol version". libmosquitto reports it also for the reason 1 of a 3.1.1 broker.
        if version(of: broker) == .automatic, reason == Int32(MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue) {
            logger.notice("broker does not speak MQTT 5, going on with 3.1.1", metadata: ["broker": "\(broker)"])
            versions[broker] = .v311
            link?.isFallingBack = true
        }
        let text = is311 && reason < 128 ? String(cString: mosquitto_connack_string(reason)) : Library.describe(reason: reason)
        let isLogin = is311 && reason < 128 ? [4, 5].contains(reason) : [134, 135, 140].contains(reason)
        let user = broker.user ?? options.user
        let hint =
            user.map { "; see the user “\($0)” and its password, here and at the broker" } ?? "; it wants a user and a password"
        link?.refusal = MQTTError(
            isLogin ? .login : .refused, "\(broker) refuses the connection of “\(options.clientID)”: \(text)\(isLogin ? hint : "")")
    }

    private func didSubscribe(_ packetID: UInt16, _ granted: [Int32]) {
        guard let link, link.subscription == packetID else { return }
        self.link?.subscription = nil
        self.link?.deadline = nil
        for (filter, code) in zip(options.subscriptions, granted) where code >= 128 {
            self.link?.refusal = MQTTError(
                .forbidden,
                "\(link.broker) refuses the subscription to \(filter): \(Library.describe(reason: code)); see its access list")
            return
        }
        if self.link?.isReady == false { becomeReady() }
    }

    private func becomeReady() {
        guard let link else { return }
        self.link?.isReady = true
        logger.info("connected", metadata: ["broker": "\(link.broker)", "session": link.sessionPresent ? "resumed" : "new"])
        mailbox.report(
            .connected(
                to: link.broker, version: version(of: link.broker) == .v311 ? .v311 : .v5, sessionPresent: link.sessionPresent))
    }
}

/// Reading and writing.
extension ClientLoop {
    /// Reads the packets that have come, as many as may be held, and hands the messages over in batches. `hasWaited`: `poll`
    /// blocked first.
    private func read(hasWaited: Bool) {
        guard let handle = link?.handle else { return }
        Socket.acknowledgeAtOnce(handle.socket)
        listening.begin(at: clock.now, hasWaited: hasWaited)
        var code: Int32 = 0
        var isSilent = true
        // Reading until nothing comes costs one more call at the end. Asking before each packet whether there is one would cost one
        // call each.
        var isDrained = false
        repeat {
            let count = handle.messageCount
            code = handle.read()
            let events = handle.takeEvents()
            isDrained = events.isEmpty && handle.messageCount == count
            if !isDrained { isSilent = false }
            for event in events { handleEvent(event) }
            if handle.messageCount >= Self.batchLimit, !handle.lacksRedeliveryFlag { hold(messagesOf: handle) }
        } while code == 0 && link?.refusal == nil && mayHold(handle.messageCount, handle.messageBytes) && !isDrained
            && !isBrokenHandshake(isSilent)
        if handle.lacksRedeliveryFlag {
            _ = handle.takeMessages()
            link?.refusal = MQTTError(
                .library, "libmosquitto \(Library.version) does not tell redelivered messages apart; 2.0 is known to")
        }
        hold(messagesOf: handle)
        if isDrained { listening.drained(at: clock.now) }
        if code == 0, isBrokenHandshake(isSilent) { code = Int32(MOSQ_ERR_CONN_LOST.rawValue) }
        concludeCall(code)
    }

    /// Whether the connection was reset during the TLS handshake. libmosquitto takes that for "try again", for ever.
    private func isBrokenHandshake(_ isSilent: Bool) -> Bool {
        guard isSilent, let link, link.connectedAt == nil, link.broker.isSecure else { return false }
        return Socket.hasEnded(link.handle.socket)
    }

    private func handleEvent(_ event: ConnectionHandle.Event) {
        switch event {
        case .connected(let connack): didConnect(connack)
        case .subscribed(let packetID, let granted): didSubscribe(packetID, granted)
        case .published(let packetID, let reason): window.answered(packetID, PublishResult(reason: reason))
        case .dismissed(let reason):
            let refusal = dismissal(reason)
            link?.refusal = refusal
        }
    }

    /// Sends publications while the window has room, a burst at a time: the broker takes the first ones while the next are made.
    private func publish() {
        while queueBurst() { write() }
    }

    /// Returns whether more publications may follow.
    private func queueBurst() -> Bool {
        for _ in 0..<Self.burst {
            guard let link, let message = window.nextMessage() else { return false }
            if let problem = Topic.problem(message.topic) {
                window.refused(.rejected(problem))
            } else if message.payload.count > options.payloadLimit {
                window.refused(.rejected("the payload has \(message.payload.count) bytes, the limit is \(options.payloadLimit)"))
            } else {
                switch link.handle.publish(message) {
                case .success(let packetID): window.sent(as: packetID)
                case .failure(let error) where error.code == MOSQ_ERR_NO_CONN.rawValue: return false
                case .failure(let error): window.refused(.rejected(Library.describe(error.code)))
                }
            }
        }
        return true
    }

    private func write() {
        guard let handle = link?.handle else { return }
        var code: Int32 = 0
        if handle.wantsToWrite {
            Socket.gather(handle.socket, true)
            code = handle.write()
            Socket.gather(handle.socket, false)
            link?.lastWrite = clock.now
        }
        link?.isBetweenPackets = !handle.wantsToWrite
        for event in handle.takeEvents() { handleEvent(event) }
        concludeCall(code)
    }
}

/// Reading while acknowledgements are held back.
extension ClientLoop {
    /// The messages that were handed over and are not acknowledged.
    struct Held {
        var messages = 0
        var bytes = 0

        var isEmpty: Bool { messages == 0 }
    }

    /// Whether more may be read and held. `messages` and `bytes` are counted in addition to those that are held.
    private func mayHold(_ messages: Int = 0, _ bytes: Int = 0) -> Bool {
        held.messages + messages < heldLimit && held.bytes + bytes < Self.batchBytes
    }

    /// Hands over the messages that were read, if there are any, and holds their acknowledgements back.
    private func hold(messagesOf handle: ConnectionHandle) {
        let bytes = handle.messageBytes
        let messages = handle.takeMessages()
        guard !messages.isEmpty, !options.subscriptions.isEmpty else { return }
        if held.isEmpty, let link {
            // The last packet was written at most half of the keep-alive ago, or another one will be soon. Many short batches do
            // not need a ping each.
            pingAt = max(clock.now + link.keepAlive / 10, link.lastWrite + link.keepAlive / 2)
        }
        lastBatch += 1
        held.messages += messages.count
        held.bytes += bytes
        deliver(
            InboundBatch(
                messages: messages, arrival: listening.earliest...max(listening.earliest, clock.now), silence: listening.silence,
                session: session, connection: connections, number: lastBatch, mailbox: mailbox))
    }

    /// Reads while more may be held, and pings when it is time, so that the broker does not end the connection.
    private func roundWhileHolding(_ link: ConnectionLink) {
        let reads = mayHold()
        if !reads { listening.pause() }
        if reads, link.handle.hasInput {
            read(hasWaited: false)
        } else {
            let limit = link.isBetweenPackets ? max(.zero, pingAt - clock.now) : nil
            if wakeUp.wait(for: reads ? link.handle.socket : -1, writing: false, upTo: limit) { read(hasWaited: true) }
        }
        let now = clock.now
        guard let link = self.link, link.isBetweenPackets, now >= pingAt else { return }
        link.handle.ping()
        self.link?.lastWrite = now
        pingAt = now + link.keepAlive / 2
    }

    /// Releases the acknowledgements, since every batch is acknowledged: they leave with the next write.
    private func letGo() {
        held = Held()
        listening.resume(at: clock.now)
        // A subscription that was queued after the acknowledgements leaves only now.
        if link?.deadline != nil { link?.deadline = clock.now + options.answerTimeout }
    }
}

/// How connections end, and what follows.
extension ClientLoop {
    /// Ends the connection if the last call failed or the broker ended it.
    private func concludeCall(_ code: Int32) {
        guard let link else { return }
        let system = errno
        if let refusal = link.refusal {
            let failure: ReconnectBackoff.Failure =
                switch refusal.code {
                case .takenOver: .takenOver(after: link.connectedAt.map { clock.now - $0 } ?? .zero)
                case .connectionLost: .lost(after: link.connectedAt.map { clock.now - $0 } ?? .zero)
                default: link.isFallingBack && backoff.failures == 0 ? .lost(after: .zero) : .refused
                }
            fail(failure, refusal)
        } else if code != 0 || link.handle.socket < 0 {
            if let connectedAt = link.connectedAt { return lose(link, after: clock.now - connectedAt, code, system) }
            failToConnect(link, code)
        }
    }

    /// Returns the error for a broker that ended the connection with this reason of MQTT 5.
    private func dismissal(_ reason: Int32) -> MQTTError {
        let broker = link?.broker ?? rotation.current
        switch UInt32(bitPattern: reason) {
        case MQTT_RC_SESSION_TAKEN_OVER.rawValue: return takenOver("\(broker) ended the connection: another client connected")
        case MQTT_RC_NOT_AUTHORIZED.rawValue, MQTT_RC_BANNED.rawValue:
            return MQTTError(.login, "\(broker) ended the connection: \(Library.describe(reason: reason))")
        default: return MQTTError(.connectionLost, "\(broker) ended the connection: \(Library.describe(reason: reason))")
        }
    }

    private func takenOver(_ what: String) -> MQTTError {
        MQTTError(
            .takenOver,
            "\(what) with the client id “\(options.clientID)”. Two servers, or two entries, with one clientId throw each other out: give each its own"
        )
    }

    private func lose(_ link: ConnectionLink, after held: Duration, _ code: Int32, _ system: Int32) {
        let isClosed = code == MOSQ_ERR_CONN_LOST.rawValue || (code == MOSQ_ERR_ERRNO.rawValue && system == ECONNRESET)
        if isClosed, takeovers.isSuspected(afterCloseWithin: held) {
            return fail(
                .takenOver(after: held),
                takenOver("\(link.broker) closed the connection again and again; probably another client connects"))
        }
        let reason =
            switch code {
            case 0: "it was closed"
            case Int32(MOSQ_ERR_KEEPALIVE.rawValue): "no answer to a ping for \(link.keepAlive)"
            default: Library.describe(withErrno: code)
            }
        if !isClosed { takeovers.reset() }
        fail(.lost(after: held), MQTTError(.connectionLost, "the connection to \(link.broker) was lost: \(reason)"))
    }

    private func failToConnect(_ link: ConnectionLink, _ code: Int32) {
        if let problem = link.handle.tlsProblem { return fail(.refused, MQTTError(.tls, "\(link.broker): \(problem)")) }
        let reason = code == 0 ? "it was closed" : Library.describe(withErrno: code)
        let hint =
            switch link.handle.tls?.isEstablished {
            case nil: "a broker that wants TLS does that: then it is mqtts://"
            case false?: "perhaps no TLS is spoken there: is it the broker's port for mqtts?"
            // TLS 1.3: the client's side of the handshake ends before the broker has looked at the client's certificate.
            case true?: "a broker that wants a certificate of ours, or does not accept it, does that: see tls.certificate"
            }
        let code: MQTTError.Code = link.broker.isSecure ? .tls : .unreachable
        fail(.unreachable, MQTTError(code, "\(link.broker) ended the connection before it answered (\(reason)); \(hint)"))
    }

    private func fail(_ failure: ReconnectBackoff.Failure, _ error: MQTTError) {
        let wasConnected = link?.connectedAt != nil && error.code != .forbidden
        if !wasConnected { takeovers.reset() }
        let isFallingBack = link?.isFallingBack ?? false
        let isStable = link?.connectedAt.map { clock.now - $0 >= options.reconnect.stable } ?? false
        link = nil
        window.failAll(error.code == .unreachable ? MQTTError(.notConnected, error.message) : error)
        let fraction = Double.random(in: 0...1)
        let wait: Duration
        if wasConnected {
            rotation.restart()
            wait = backoff.wait(after: failure, fraction: fraction)
        } else if isFallingBack {
            // The same broker is tried again, with the older protocol.
            wait = backoff.wait(after: failure, fraction: fraction)
        } else {
            let isRoundOver = rotation.advance(wasRefused: failure == .refused)
            wait =
                isRoundOver
                ? backoff.wait(after: rotation.wasRefused ? .refused : failure, fraction: fraction)
                : backoff.waitForNext(fraction: fraction)
        }
        retryAt = clock.now + wait
        // When an older broker refuses MQTT 5, that is no failure.
        guard !isFallingBack else { return mailbox.report(.connecting) }
        // A new error is logged as a warning, a repeated one only for debugging.
        if isStable || warnings.count >= 64 { warnings = [] }
        logger.log(
            level: warnings.insert(error.message).inserted ? .warning : .debug, "\(error.message)",
            metadata: ["retry": "\(wait)", "failures": "\(backoff.failures)"])
        mailbox.report(.disconnected(error))
    }

    /// Writes the last acknowledgements and disconnects. If a batch is still held, neither happens: the broker has to deliver its
    /// messages again.
    private func sayGoodbye() {
        // The last acknowledgement may have come together with the stop.
        if mailbox.acknowledged >= lastBatch { held = Held() }
        guard held.isEmpty, let link, link.isReady else { return }
        let end = clock.now + Self.farewellTime
        if options.subscriptions.isEmpty, let farewell = options.farewell { publishLast(farewell, link.handle, until: end) }
        guard link.handle.disconnect() == 0 else { return }
        while link.handle.socket >= 0, clock.now < end, link.handle.write() == 0, link.handle.socket >= 0 {
            _ = wakeUp.wait(for: link.handle.socket, writing: true, upTo: .milliseconds(50))
        }
    }

    /// Publishes `message` and waits until the broker has it. Closing a socket with unread bytes resets the connection, and the
    /// reset may discard the bytes that were written last. So the broker's answers have to be read. Only for a client without
    /// subscriptions: messages that come in would be read too.
    private func publishLast(_ message: MQTTMessage, _ handle: ConnectionHandle, until end: ContinuousClock.Instant) {
        guard case .success(let packetID) = handle.publish(message) else { return }
        while clock.now < end, handle.write() == 0, handle.socket >= 0 {
            guard
                handle.hasInput || wakeUp.wait(for: handle.socket, writing: handle.wantsToWrite, upTo: .milliseconds(50))
            else { continue }
            guard handle.read() == 0 else { return }
            for event in handle.takeEvents() {
                if case .published(packetID, _) = event { return }
                handleEvent(event)
            }
        }
    }
}
