import CMosquitto

/// Reading and writing.
extension ClientLoop {
    /// Reads the packets that have come, as many as may be held, and hands the messages over in batches. `hasWaited`: `poll`
    /// blocked first.
    func read(hasWaited: Bool) {
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

    func handleEvent(_ event: ConnectionHandle.Event) {
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
    func publish() {
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

    func write() {
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
