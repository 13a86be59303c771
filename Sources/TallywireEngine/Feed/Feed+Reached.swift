extension Feed {
    /// Waits until the event `seq` is committed, at most `limit`. Returns whether it is. Returns at once when the feed is closed, and
    /// when the calling task is cancelled.
    public func reached(_ seq: UInt64, within limit: Duration) async -> Bool {
        guard head < seq else { return true }
        await withTaskGroup(of: Void.self) { group in
            // What became of the wait shows in the head, whether or not the event can be read.
            group.addTask { _ = try? await self.next(after: seq - 1, limit: 1, maxBytes: 0) }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return head >= seq
    }
}
