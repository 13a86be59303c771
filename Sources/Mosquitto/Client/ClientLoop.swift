import CMosquitto
import Glibc
import Logging

/// What the client's thread does: connect, read, hand over, hold, write, and connect again.
///
/// It polls the socket and a ``WakeUp`` itself and calls libmosquitto's `loop_read`, `loop_write` and `loop_misc`.
/// `mosquitto_loop` would use `select`, which cannot take a descriptor of 1024 and more, and would write acknowledgements at once.
///
/// One round is: let go what was acknowledged, queue what is to be published, write, poll, read what is there, hand it over. While
/// a batch is held, nothing is read and nothing written, so that its acknowledgements stay in libmosquitto's queue.
final class ClientLoop {
    private let options: MQTTClientOptions
    private let mailbox: Mailbox
    private let wakeUp: WakeUp
    private let logger: Logger
    private let batches: AsyncStream<InboundBatch>.Continuation
    private let clock = ContinuousClock()

    private var version: MQTTVersion
    private var backoff: ReconnectBackoff
    private var window: PublishWindow
    private var link: ConnectionLink?
    private var retryAt: ContinuousClock.Instant
    /// The batch whose acknowledgements are held back.
    private var held: UInt64?
    private var lastBatch: UInt64 = 0
    /// How many sessions began anew.
    private var session = 0
    /// How many connections there were.
    private var connections = 0

    /// The most messages in a batch: a part of what the broker may have on its way, so that it sends on while a batch is worked on.
    private var batchLimit: Int { max(1, options.receiveMaximum / 4) }
    /// The most bytes of payload in a batch: beyond it the rest stays in the socket.
    private static let batchBytes = 8 * 1024 * 1024
    /// How long the last acknowledgements and the goodbye may take to leave.
    private static let farewellTime = Duration.seconds(2)

    init(
        _ options: MQTTClientOptions, mailbox: Mailbox, wakeUp: WakeUp, logger: Logger,
        batches: AsyncStream<InboundBatch>.Continuation
    ) {
        self.options = options
        self.mailbox = mailbox
        self.wakeUp = wakeUp
        self.logger = logger
        self.batches = batches
        version = options.version
        backoff = ReconnectBackoff(options.reconnect)
        window = PublishWindow(limit: options.window)
        retryAt = clock.now
    }

    /// Runs until the mailbox says stop.
    func run() {
        // libmosquitto writes with write(2): to a connection that was reset that raises SIGPIPE, on this thread alone.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        while !mailbox.isStopping { round() }
        sayGoodbye()
        link = nil
        window.failAll(stoppedError)
        batches.finish()
        mailbox.finish(options.broker)
    }

    private var stoppedError: MQTTError { MQTTError(.stopped, "the MQTT client of \(options.broker) was stopped") }

    private func round() {
        if let batch = held, mailbox.acknowledged >= batch {
            held = nil
            // A subscription that was queued behind the acknowledgements leaves only now.
            if link?.deadline != nil { link?.deadline = clock.now + options.answerTimeout }
        }
        window.add(mailbox.takeRequests())
        guard let link else { return roundWithoutConnection() }
        if held == nil {
            if link.isReady { queuePublications() }
            write()
        }
        guard let link = self.link else { return }
        let isReadable = wakeUp.wait(
            for: held == nil ? link.handle.socket : -1, writing: link.handle.wantsToWrite, upTo: held == nil ? .seconds(1) : nil)
        guard held == nil else { return }
        if isReadable {
            Socket.acknowledgeAtOnce(link.handle.socket)
            read()
        }
        keepAlive()
    }

    private func roundWithoutConnection() {
        // Requests are taken only while connected, but the connection may have ended since.
        window.failAll(MQTTError(.notConnected, "\(options.broker): not connected"))
        let now = clock.now
        // A batch of the connection before is still being worked on. Its messages will come again; one batch at a time.
        if held == nil, now >= retryAt { return connect() }
        _ = wakeUp.wait(for: -1, writing: false, upTo: held == nil ? retryAt - now : nil)
    }

    // MARK: Connecting

    private func connect() {
        guard mailbox.beginBlocking() else { return }
        defer { mailbox.endBlocking() }
        mailbox.report(.connecting)
        do {
            let handle = try ConnectionHandle(options, version: version)
            let code = handle.connect(options)
            guard code == 0 else {
                return fail(
                    .unreachable, MQTTError(.unreachable, "\(options.broker) does not answer: \(Library.describe(withErrno: code))")
                )
            }
            link = ConnectionLink(handle: handle, deadline: clock.now + options.answerTimeout)
        } catch {
            fail(.refused, error)
        }
    }

    private func didConnect(reason: Int32, sessionPresent: Bool, receiveMaximum: Int?) {
        guard reason == 0 else { return refuse(reason) }
        link?.connectedAt = clock.now
        link?.sessionPresent = sessionPresent
        if !sessionPresent { session += 1 }
        connections += 1
        window.limit = min(options.window, receiveMaximum ?? options.window)
        if let birth = options.birth, case .failure(let error) = link?.handle.publish(birth) {
            link?.refusal = MQTTError(
                .refused, "\(options.broker): \(birth.topic) cannot be published: \(Library.describe(error.code))")
        }
        guard !options.subscriptions.isEmpty else {
            link?.deadline = nil
            return becomeReady()
        }
        switch link?.handle.subscribe(options.subscriptions) {
        case .success(let packetID): link?.subscription = packetID
        case .failure(let error):
            link?.refusal = MQTTError(
                .refused, "\(options.broker): cannot subscribe to \(options.subscriptions): \(Library.describe(error.code))")
        case nil: break
        }
        link?.deadline = clock.now + options.answerTimeout
        // A session that was kept has its subscriptions, and its messages come before the answer to this one.
        if sessionPresent { becomeReady() }
    }

    private func refuse(_ reason: Int32) {
        // 132 is MQTT 5's "unsupported protocol version"; libmosquitto gives it too for the 1 of a 3.1.1 broker.
        if version == .automatic, reason == Int32(MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue) {
            logger.notice("broker does not speak MQTT 5, going on with 3.1.1", metadata: ["broker": "\(options.broker)"])
            version = .v311
        }
        let text =
            version == .v311 && reason < 128 ? String(cString: mosquitto_connack_string(reason)) : Library.describe(reason: reason)
        link?.refusal = MQTTError(.refused, "\(options.broker) refuses the connection of “\(options.clientID)”: \(text)")
    }

    private func didSubscribe(_ packetID: UInt16, _ granted: [Int32]) {
        guard link?.subscription == packetID else { return }
        link?.subscription = nil
        link?.deadline = nil
        for (filter, code) in zip(options.subscriptions, granted) where code >= 128 {
            link?.refusal = MQTTError(
                .refused,
                "\(options.broker) refuses the subscription to \(filter): \(Library.describe(reason: code)); see its access list")
            return
        }
        if link?.isReady == false { becomeReady() }
    }

    private func becomeReady() {
        link?.isReady = true
        let isPresent = link?.sessionPresent ?? false
        logger.info("connected", metadata: ["broker": "\(options.broker)", "session": isPresent ? "resumed" : "new"])
        mailbox.report(.connected(version: version == .v311 ? .v311 : .v5, sessionPresent: isPresent))
    }

    // MARK: Reading

    /// Reads what has come, at most a batch, and hands it over.
    private func read() {
        guard let handle = link?.handle else { return }
        var messages: [InboundMessage] = []
        var bytes = 0
        var code: Int32 = 0
        repeat {
            code = handle.read()
            for event in handle.takeEvents() {
                if case .message(let message) = event {
                    bytes += message.payload.count
                    messages.append(message)
                } else {
                    handleEvent(event)
                }
            }
        } while code == 0 && link?.refusal == nil && messages.count < batchLimit && bytes < Self.batchBytes
            && Socket.isReadable(handle.socket)
        if handle.lacksRedeliveryFlag {
            link?.refusal = MQTTError(
                .library, "libmosquitto \(Library.version) does not tell redelivered messages apart; 2.0 is known to")
        } else if !messages.isEmpty, !options.subscriptions.isEmpty {
            lastBatch += 1
            held = lastBatch
            batches.yield(
                InboundBatch(
                    messages: messages, session: session, connection: connections, number: lastBatch, mailbox: mailbox))
        }
        concludeCall(code)
    }

    private func handleEvent(_ event: ConnectionHandle.Event) {
        switch event {
        case .connected(let reason, let sessionPresent, let receiveMaximum):
            didConnect(reason: reason, sessionPresent: sessionPresent, receiveMaximum: receiveMaximum)
        case .subscribed(let packetID, let granted): didSubscribe(packetID, granted)
        case .published(let packetID, let reason): window.answered(packetID, PublishResult(reason: reason))
        case .dismissed(let reason):
            link?.refusal = MQTTError(.refused, "\(options.broker) ended the connection: \(Library.describe(reason: reason))")
        case .message: break
        }
    }

    // MARK: Writing

    private func queuePublications() {
        while let link, let message = window.nextMessage() {
            if let problem = Topic.problem(message.topic) {
                window.refused(.rejected(problem))
            } else if message.payload.count > options.payloadLimit {
                window.refused(.rejected("the payload has \(message.payload.count) bytes, the limit is \(options.payloadLimit)"))
            } else {
                switch link.handle.publish(message) {
                case .success(let packetID): window.sent(as: packetID)
                case .failure(let error) where error.code == MOSQ_ERR_NO_CONN.rawValue: return
                case .failure(let error): window.refused(.rejected(Library.describe(error.code)))
                }
            }
        }
    }

    private func write() {
        guard let handle = link?.handle else { return }
        var code: Int32 = 0
        if handle.wantsToWrite { code = handle.write() }
        for event in handle.takeEvents() { handleEvent(event) }
        concludeCall(code)
    }

    private func keepAlive() {
        guard let link else { return }
        concludeCall(link.handle.keepAlive())
        if self.link != nil, let deadline = link.deadline, clock.now > deadline {
            fail(.unreachable, MQTTError(.unreachable, "\(options.broker) did not answer within \(options.answerTimeout)"))
        }
    }

    // MARK: Ending

    /// Ends the connection if the last call or the broker did.
    private func concludeCall(_ code: Int32) {
        guard let link else { return }
        if let refusal = link.refusal {
            let isFallback = options.version == .automatic && version == .v311 && link.connectedAt == nil
            fail(isFallback && backoff.failures == 0 ? .lost(after: .zero) : .refused, refusal)
        } else if code != 0 || link.handle.socket < 0 {
            let held = link.connectedAt.map { clock.now - $0 }
            let reason = code == 0 ? "it was closed" : Library.describe(withErrno: code)
            fail(
                held.map { .lost(after: $0) } ?? .unreachable,
                MQTTError(.connectionLost, "the connection to \(options.broker) was lost: \(reason)"))
        }
    }

    private func fail(_ failure: ReconnectBackoff.Failure, _ error: MQTTError) {
        link = nil
        window.failAll(error.code == .unreachable ? MQTTError(.notConnected, error.message) : error)
        let wait = backoff.wait(after: failure, fraction: .random(in: 0...1))
        retryAt = clock.now + wait
        // The first of a row is news, the rest is the same again.
        logger.log(
            level: backoff.failures == 1 ? .warning : .debug, "\(error.message)",
            metadata: ["retry": "\(wait)", "failures": "\(backoff.failures)"])
        mailbox.report(.disconnected(error))
    }

    /// Writes the last acknowledgements and says goodbye. A batch that is still held gets neither: its messages shall come again.
    private func sayGoodbye() {
        // The last acknowledgement may have come together with the stop.
        if let batch = held, mailbox.acknowledged >= batch { held = nil }
        guard held == nil, let link, link.isReady else { return }
        let end = clock.now + Self.farewellTime
        if options.subscriptions.isEmpty, let farewell = options.farewell { publishLast(farewell, link.handle, until: end) }
        guard link.handle.disconnect() == 0 else { return }
        while link.handle.socket >= 0, clock.now < end, link.handle.write() == 0, link.handle.socket >= 0 {
            _ = wakeUp.wait(for: link.handle.socket, writing: true, upTo: .milliseconds(50))
        }
    }

    /// Publishes `message` and waits until the broker has it. Closing a socket with unread bytes resets the connection, which may
    /// take what was written last with it, so the answers have to be read. Not with subscriptions: what came in would be taken.
    private func publishLast(_ message: MQTTMessage, _ handle: ConnectionHandle, until end: ContinuousClock.Instant) {
        guard case .success(let packetID) = handle.publish(message) else { return }
        while clock.now < end, handle.write() == 0, handle.socket >= 0 {
            guard wakeUp.wait(for: handle.socket, writing: handle.wantsToWrite, upTo: .milliseconds(50)) else { continue }
            guard handle.read() == 0 else { return }
            for event in handle.takeEvents() {
                if case .published(packetID, _) = event { return }
                handleEvent(event)
            }
        }
    }
}
