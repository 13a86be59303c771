import CMosquitto
import Glibc
import Logging

/// What the client's thread does: connect, read, hand over, hold, write, and connect again.
///
/// It polls the socket and a ``WakeUp`` itself and calls libmosquitto's `loop_read`, `loop_write` and `loop_misc`.
/// `mosquitto_loop` would use `select`, which cannot take a descriptor of 1024 and more, and would write acknowledgements at once.
///
/// One round is: let go what was acknowledged, queue what is to be published, write, poll, read what is there, hand it over. While
/// a batch is held, nothing is read and nothing written but pings, so that its acknowledgements stay in libmosquitto's queue.
final class ClientLoop {
    let options: MQTTClientOptions
    let mailbox: Mailbox
    let wakeUp: WakeUp
    let logger: Logger
    let batches: AsyncStream<InboundBatch>.Continuation
    let clock = ContinuousClock()

    var rotation: BrokerRotation
    /// The protocol to speak, by broker.
    var versions: [BrokerAddress: MQTTVersion] = [:]
    var backoff: ReconnectBackoff
    var takeovers: TakeoverWatch
    var window: PublishWindow
    var link: ConnectionLink?
    var retryAt: ContinuousClock.Instant
    /// The batch whose acknowledgements are held back, and when the next ping is due meanwhile.
    var held: UInt64?
    var pingAt: ContinuousClock.Instant
    var lastBatch: UInt64 = 0
    /// How many sessions began anew, or were found at another broker than the one before.
    var session = 0
    var lastBroker: BrokerAddress?
    /// How many connections there were.
    var connections = 0
    /// What was logged as a warning since the connection was stable, so that the same is not said over and over.
    var warnings: Set<String> = []

    /// The most messages whose acknowledgements are held. The rest of what the broker may have on its way comes meanwhile.
    var heldLimit: Int { max(1, options.receiveMaximum * 3 / 4) }
    /// The most messages in a batch: few enough that they are worked on while the next are read.
    static let batchLimit = 250
    /// The most bytes of payload whose acknowledgements are held: beyond it the rest stays in the socket.
    static let batchBytes = 8 * 1024 * 1024
    /// How long the last acknowledgements and the goodbye may take to leave.
    static let farewellTime = Duration.seconds(2)

    init(
        _ options: MQTTClientOptions, mailbox: Mailbox, wakeUp: WakeUp, logger: Logger,
        batches: AsyncStream<InboundBatch>.Continuation
    ) {
        self.options = options
        self.mailbox = mailbox
        self.wakeUp = wakeUp
        self.logger = logger
        self.batches = batches
        rotation = BrokerRotation(options.brokers)
        backoff = ReconnectBackoff(options.reconnect)
        takeovers = TakeoverWatch(longWhile: options.reconnect.takenOverMaximum)
        window = PublishWindow(limit: options.window)
        retryAt = clock.now
        pingAt = clock.now
    }

    /// Runs until the mailbox says stop.
    func run() {
        // libmosquitto and OpenSSL write with write(2): to a connection that was reset that raises SIGPIPE, on this thread alone.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        warnOfUncheckedBrokers()
        while !mailbox.isStopping { round() }
        sayGoodbye()
        link = nil
        window.failAll(MQTTError(.stopped, "the MQTT client of \(options.brokers) was stopped"))
        batches.finish()
        mailbox.finish(options.brokers)
    }

    private func round() {
        if let batch = held, mailbox.acknowledged >= batch { letGo() }
        window.add(mailbox.takeRequests())
        guard let link else { return roundWithoutConnection() }
        guard held == nil else { return holdOn(link) }
        if link.isReady { queuePublications() }
        write()
        guard let link = self.link else { return }
        let hasInput =
            link.handle.hasInput
            || wakeUp.wait(for: link.handle.socket, writing: link.handle.wantsToWrite, upTo: .seconds(1))
        if hasInput {
            Socket.acknowledgeAtOnce(link.handle.socket)
            read()
        }
        keepAlive()
    }

    private func roundWithoutConnection() {
        // Requests are taken only while connected, but the connection may have ended since.
        window.failAll(MQTTError(.notConnected, "\(options.brokers): not connected"))
        let now = clock.now
        // A batch of the connection before is still being worked on. Its messages will come again; one batch at a time.
        if held == nil, now >= retryAt { return connect() }
        _ = wakeUp.wait(for: -1, writing: false, upTo: held == nil ? retryAt - now : nil)
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
