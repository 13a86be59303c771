/// Reading while acknowledgements are held back.
extension ClientLoop {
    /// The messages that were handed over and are not acknowledged.
    struct Held {
        var messages = 0
        var bytes = 0

        var isEmpty: Bool { messages == 0 }
    }

    /// Whether more may be read and held. `messages` and `bytes` are counted in addition to those that are held.
    func mayHold(_ messages: Int = 0, _ bytes: Int = 0) -> Bool {
        held.messages + messages < heldLimit && held.bytes + bytes < Self.batchBytes
    }

    /// Hands over the messages that were read, if there are any, and holds their acknowledgements back.
    func hold(messagesOf handle: ConnectionHandle) {
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

    /// Releases the acknowledgements, since every batch is acknowledged: they leave with the next write.
    func letGo() {
        held = Held()
        listening.resume(at: clock.now)
        // A subscription that was queued after the acknowledgements leaves only now.
        if link?.deadline != nil { link?.deadline = clock.now + options.answerTimeout }
    }
}
