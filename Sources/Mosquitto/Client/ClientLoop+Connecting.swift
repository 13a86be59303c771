import CMosquitto
import Logging

/// Connecting: from the first packet to the last answer that the client needs before it can work.
extension ClientLoop {
    func connect() {
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

    func version(of broker: BrokerAddress) -> MQTTVersion { versions[broker] ?? options.version }

    func didConnect(_ connack: ConnectionHandle.Connack) {
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

    func didSubscribe(_ packetID: UInt16, _ granted: [Int32]) {
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
