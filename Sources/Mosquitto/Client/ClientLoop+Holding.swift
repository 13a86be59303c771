/// While acknowledgements are held back.
extension ClientLoop {
    /// What was handed over and is not acknowledged.
    struct Held {
        var messages = 0
        var bytes = 0

        var isEmpty: Bool { messages == 0 }
    }

    /// Whether more may be read and held, beside what is held and so many messages with so many bytes.
    func mayHold(_ messages: Int = 0, _ bytes: Int = 0) -> Bool {
        held.messages + messages < heldLimit && held.bytes + bytes < Self.batchBytes
    }

    /// Hands over what was read, if there is anything, and holds the acknowledgements back.
    func hold(messagesOf handle: ConnectionHandle) {
        let bytes = handle.messageBytes
        let messages = handle.takeMessages()
        guard !messages.isEmpty, !options.subscriptions.isEmpty else { return }
        if held.isEmpty, let link {
            // Something was written half of the keep-alive ago at most, or will be soon; but not for each of many short batches.
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

    /// Reads on as long as more may be held, and pings when it is time, so that the broker does not take us for dead.
    func roundWhileHolding(_ link: ConnectionLink) {
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

    /// All is acknowledged: what was held leaves with the next write.
    func letGo() {
        held = Held()
        listening.resume(at: clock.now)
        // A subscription that was queued behind the acknowledgements leaves only now.
        if link?.deadline != nil { link?.deadline = clock.now + options.answerTimeout }
    }
}
