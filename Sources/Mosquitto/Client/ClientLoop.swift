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
    let options: MQTTClientOptions
    let mailbox: Mailbox
    let wakeUp: WakeUp
    let logger: Logger
    let deliver: @Sendable (InboundBatch) -> Void
    let clock = ContinuousClock()

    var rotation: BrokerRotation
    /// The protocol for each broker.
    var versions: [BrokerAddress: MQTTVersion] = [:]
    var backoff: ReconnectBackoff
    var takeovers: TakeoverWatch
    var window: PublishWindow
    var link: ConnectionLink?
    var retryAt: ContinuousClock.Instant
    /// The messages that were handed over since the last acknowledgements left; ``lastBatch`` is the number of the newest batch.
    var held = Held()
    var lastBatch: UInt64 = 0
    /// When the next ping is due while messages are held.
    var pingAt: ContinuousClock.Instant
    var listening: Listening
    /// How many sessions were new, or were found at another broker than the one before.
    var session = 0
    var lastBroker: BrokerAddress?
    /// How many connections there were.
    var connections = 0
    /// The messages that were logged as warnings since the connection was stable, so that the same warning is not repeated.
    var warnings: Set<String> = []

    /// The most messages whose acknowledgements are held. The rest of the receive maximum may arrive meanwhile.
    var heldLimit: Int { max(1, options.receiveMaximum * 3 / 4) }
    /// The most messages in a batch: few enough that a batch is handled while the next one is read.
    static let batchLimit = 250
    /// The most bytes of payload whose acknowledgements are held. Further messages stay in the socket.
    static let batchBytes = 8 * 1024 * 1024
    /// How many publications are written at once. With a whole window of 200, broker and client would wait for each other by turns.
    /// With one at a time, each would cost a system call.
    static let burst = 16
    /// How long the last acknowledgements and the DISCONNECT may take to leave.
    static let farewellTime = Duration.seconds(2)

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
