/// While the acknowledgements of a batch are held back.
extension ClientLoop {
    /// Hands `messages` over and holds their acknowledgements back, together with those of the batches before that are held.
    func hold(_ messages: [InboundMessage], isFollowed: Bool) {
        lastBatch += 1
        held = lastBatch
        if let link {
            // Something was written half of the keep-alive ago at most, or will be soon; but not for each of many short batches.
            pingAt = max(clock.now + link.keepAlive / 10, link.lastWrite + link.keepAlive / 2)
        }
        batches.yield(
            InboundBatch(
                messages: messages, isFollowed: isFollowed, session: session, connection: connections, number: lastBatch,
                mailbox: mailbox))
    }

    /// Waits for the acknowledgement, and pings when it is time, so that the broker does not take us for dead.
    func holdOn(_ link: ConnectionLink) {
        guard link.isBetweenPackets else {
            _ = wakeUp.wait(for: -1, writing: false, upTo: nil)
            return
        }
        _ = wakeUp.wait(for: -1, writing: false, upTo: max(.zero, pingAt - clock.now))
        let now = clock.now
        guard now >= pingAt else { return }
        link.handle.ping()
        self.link?.lastWrite = now
        pingAt = now + link.keepAlive / 2
    }

    /// The batch is acknowledged: what was held leaves with the next write.
    func letGo() {
        held = nil
        // A subscription that was queued behind the acknowledgements leaves only now.
        if link?.deadline != nil { link?.deadline = clock.now + options.answerTimeout }
    }
}
