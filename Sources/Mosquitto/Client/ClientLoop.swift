import CMosquitto
import Glibc
import Logging

/// The client's thread: it runs a ``ClientMachine`` and does what that decides, with libmosquitto, the socket and the mailbox.
///
/// The loop polls the socket and a ``WakeUp`` itself, and calls libmosquitto's `loop_read`, `loop_write` and `loop_misc`.
/// `mosquitto_loop` would use `select`, which cannot take a descriptor of 1024 or more, and would write acknowledgements at once.
final class ClientLoop {
    private let options: MQTTClientOptions
    private let mailbox: Mailbox
    private let wakeUp: WakeUp
    private let logger: Logger
    private let deliver: @Sendable (InboundBatch) -> Void
    private let clock = ContinuousClock()
    private var machine: ClientMachine
    private var handle: ConnectionHandle?

    /// How many publications are written at once. With a whole window of 200, broker and client would wait for each other by turns.
    /// With one at a time, each would cost a system call.
    private static let burst = 16

    init(
        _ options: MQTTClientOptions, mailbox: Mailbox, wakeUp: WakeUp, logger: Logger,
        deliver: @escaping @Sendable (InboundBatch) -> Void
    ) {
        self.options = options
        self.mailbox = mailbox
        self.wakeUp = wakeUp
        self.logger = logger
        self.deliver = deliver
        machine = ClientMachine(options, at: clock.now)
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
        while round() {}
        handle = nil
        machine.stopped()
        mailbox.finish(options.brokers)
    }

    private func warnOfUncheckedBrokers() {
        guard options.brokers.all.contains(where: \.isSecure), options.tls.verification != .full else { return }
        logger.warning(
            "TLS without a full check of the broker's certificate: somebody in between can pass for the broker.",
            metadata: ["broker": "\(options.brokers)", "tls.verify": "\(options.tls.verification.rawValue)"])
    }

    /// Returns whether another round follows.
    private func round() -> Bool {
        switch machine.next(mailbox.take(), at: clock.now) {
        case .connect(let broker, let version): connect(to: broker, version)
        case .pause(let limit): _ = wakeUp.wait(for: -1, writing: false, upTo: limit)
        case .exchange: exchange()
        case .hold(let reads, let limit): hold(reads: reads, upTo: limit)
        case .stop(let goodbye):
            if let goodbye, let handle { say(goodbye, on: handle) }
            return false
        }
        return true
    }

    private func exchange() {
        while queueBurst() { write() }
        write()
        guard let handle else { return }
        if handle.hasInput {
            read(hasWaited: false)
        } else if wakeUp.wait(for: handle.socket, writing: handle.wantsToWrite, upTo: .seconds(1)) {
            read(hasWaited: true)
        }
        guard let handle = self.handle else { return }
        conclude(handle.keepAlive())
        machine.checkDeadline(at: clock.now)
        conclude(0)
    }

    private func hold(reads: Bool, upTo limit: Duration?) {
        guard let handle else { return }
        if reads, handle.hasInput {
            read(hasWaited: false)
        } else if wakeUp.wait(for: reads ? handle.socket : -1, writing: false, upTo: limit) {
            read(hasWaited: true)
        }
        if machine.takePing(at: clock.now) { self.handle?.ping() }
    }

    private func carryOut(_ actions: [ClientMachine.Action]) {
        for action in actions {
            switch action {
            case .closeLog: handle?.closeLog()
            case .publishBirth(let birth):
                if case .failure(let error)? = handle?.publish(birth) { machine.birthFailed(error.code) }
            case .subscribe(let filters): if let handle { machine.subscribing(handle.subscribe(filters)) }
            case .log(let level, let message, let metadata): logger.log(level: level, "\(message)", metadata: metadata)
            case .report(let state): mailbox.report(state)
            }
        }
    }
}

/// How connections begin and end.
extension ClientLoop {
    private func connect(to broker: BrokerAddress, _ version: MQTTVersion) {
        guard mailbox.beginBlocking() else { return }
        defer { mailbox.endBlocking() }
        mailbox.report(.connecting)
        do throws(MQTTError) {
            let handle = try ConnectionHandle(options, to: broker, version: version)
            let address = try Dialer.address(of: broker, within: options.answerTimeout)
            let code = handle.connect(options, to: broker, at: address)
            guard code == 0 else {
                let reason = Library.describe(withErrno: code)
                if let problem = handle.tlsProblem { throw MQTTError(.tls, "\(broker): \(problem)") }
                throw MQTTError(.unreachable, "\(broker) does not answer: \(reason)")
            }
            self.handle = handle
            machine.connecting(at: clock.now)
        } catch {
            carryOut(machine.connectingFailed(error, share: .random(in: 0...1), at: clock.now))
        }
    }

    /// Ends the connection if the last call failed, or the machine or the broker ended it.
    private func conclude(_ code: Int32) {
        guard let handle, code != 0 || machine.hasRefusal || handle.socket < 0 else { return }
        let isReset = code == MOSQ_ERR_ERRNO.rawValue && errno == ECONNRESET
        let reason = code == 0 ? "it was closed" : Library.describe(withErrno: code)
        let end = ClientMachine.End(
            cause: isReset || code == MOSQ_ERR_CONN_LOST.rawValue
                ? .closedByPeer : code == MOSQ_ERR_KEEPALIVE.rawValue ? .unansweredPing : .other,
            reason: reason, tlsProblem: handle.tlsProblem, isEncrypted: handle.tls?.isEstablished)
        self.handle = nil
        carryOut(machine.ended(end, share: .random(in: 0...1), at: clock.now))
    }

    /// Writes the last acknowledgements and disconnects.
    private func say(_ goodbye: ClientMachine.Goodbye, on handle: ConnectionHandle) {
        if let farewell = goodbye.farewell { publishLast(farewell, handle, until: goodbye.end) }
        guard handle.disconnect() == 0 else { return }
        while handle.socket >= 0, clock.now < goodbye.end, handle.write() == 0, handle.socket >= 0 {
            _ = wakeUp.wait(for: handle.socket, writing: true, upTo: .milliseconds(50))
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
                take(event)
            }
        }
    }
}

/// Reading and writing.
extension ClientLoop {
    /// Reads the packets that have come, as many as may be held, and hands the messages over in batches. `hasWaited`: `poll`
    /// blocked first.
    private func read(hasWaited: Bool) {
        guard let handle else { return }
        Socket.acknowledgeAtOnce(handle.socket)
        machine.reading(at: clock.now, hasWaited: hasWaited)
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
            for event in events { take(event) }
            if handle.messageCount >= Held.batchLimit, !handle.lacksRedeliveryFlag { handOver(messagesOf: handle) }
        } while code == 0 && machine.mayRead(handle.messageCount, handle.messageBytes) && !isDrained
            && !isBrokenHandshake(handle, isSilent)
        if handle.lacksRedeliveryFlag {
            _ = handle.takeMessages()
            machine.lacksRedeliveryFlag()
        }
        handOver(messagesOf: handle)
        if isDrained { machine.drained(at: clock.now) }
        if code == 0, isBrokenHandshake(handle, isSilent) { code = Int32(MOSQ_ERR_CONN_LOST.rawValue) }
        conclude(code)
    }

    /// Whether the connection was reset during the TLS handshake. libmosquitto takes that for "try again", for ever.
    private func isBrokenHandshake(_ handle: ConnectionHandle, _ isSilent: Bool) -> Bool {
        isSilent && machine.isUnanswered && handle.tls != nil && Socket.hasEnded(handle.socket)
    }

    /// Hands over the messages that were read, if there are any. Their acknowledgements are held back.
    private func handOver(messagesOf handle: ConnectionHandle) {
        let bytes = handle.messageBytes
        if let batch = machine.hold(handle.takeMessages(), bytes: bytes, for: mailbox, at: clock.now) { deliver(batch) }
    }

    private func take(_ event: ConnectionHandle.Event) {
        switch event {
        case .connected(let connack): carryOut(machine.connected(connack, at: clock.now))
        case .subscribed(let packetID, let granted): carryOut(machine.subscribed(packetID, granted))
        case .published(let packetID, let reason): machine.answered(packetID, reason)
        case .dismissed(let reason): machine.dismissed(reason)
        }
    }

    /// Queues publications while the window has room, a burst at a time: the broker takes the first ones while the next are made.
    /// Returns whether more publications may follow.
    private func queueBurst() -> Bool {
        for _ in 0..<Self.burst {
            guard let handle, let message = machine.nextMessage(), machine.sent(handle.publish(message)) else { return false }
        }
        return true
    }

    private func write() {
        guard let handle else { return }
        var code: Int32 = 0
        var time: ContinuousClock.Instant?
        if handle.wantsToWrite {
            Socket.gather(handle.socket, true)
            code = handle.write()
            Socket.gather(handle.socket, false)
            time = clock.now
        }
        machine.wrote(isAll: !handle.wantsToWrite, at: time)
        for event in handle.takeEvents() { take(event) }
        conclude(code)
    }
}
