import CMosquitto
import Glibc
import Logging

/// How connections end, and what follows.
extension ClientLoop {
    /// Ends the connection if the last call failed or the broker ended it.
    func concludeCall(_ code: Int32) {
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
    func dismissal(_ reason: Int32) -> MQTTError {
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

    func fail(_ failure: ReconnectBackoff.Failure, _ error: MQTTError) {
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
    func sayGoodbye() {
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
