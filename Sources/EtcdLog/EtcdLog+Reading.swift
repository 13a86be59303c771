import TallywireCluster

extension EtcdLog {
    /// The most entries of one answer: no more than have room in it, however large they are.
    var largestPage: Int { max(1, min(16, client.configuration.largestAnswer / client.configuration.largestRequest / 2)) }

    /// Entries that were read in one look.
    struct Page: Sendable {
        var entries: [LogEntry]
        /// The bytes of each entry as it is stored.
        var sizes: [Int]
        /// Where the log ended.
        var head: LogHead
        /// The revision of the look.
        var revision: Int64
    }

    public func entries(after index: UInt64, limit: Int, maxBytes: Int) async throws -> [LogEntry] {
        var (entries, bytes) = ([LogEntry](), 0)
        // Few at first, and then as many as there should be room for.
        var count = min(4, largestPage)
        while entries.count < limit {
            let position = index + UInt64(entries.count)
            let page: Page
            do {
                page = try await self.page(after: position, limit: min(count, limit - entries.count))
            } catch LogFailure.trimmed where !entries.isEmpty {
                return entries
            }
            for (entry, size) in zip(page.entries, page.sizes) {
                bytes += size
                guard entries.isEmpty || bytes <= maxBytes else { return entries }
                entries.append(entry)
            }
            guard let last = entries.last, last.index < page.head.index else { break }
            count = min(largestPage, max(1, (maxBytes - bytes) / max(1, bytes / entries.count)))
        }
        return entries
    }

    /// etcd tells the size of a value only with the value, so an answer has no more entries than one of entries.
    public func stored(after index: UInt64, limit: Int) async throws -> [StoredEntry] {
        guard index < .max else { return [] }
        let count = max(1, min(limit, largestPage))
        return try await client.once(.init([.get(keys.entry(index + 1), to: keys.endOfLog, limit: count)])).found(0)
            .map { StoredEntry(index: try keys.index(of: $0.key), bytes: $0.value.count) }
    }

    public func follow(after index: UInt64) -> AsyncThrowingStream<LogEntry, any Error> {
        let follower = EtcdFollower(self, after: index)
        return AsyncThrowingStream(unfolding: { try await follower.next() })
    }

    /// Up to `limit` entries after `index`. Throws ``LogFailure/trimmed`` if the next one is no longer kept.
    func page(after index: UInt64, limit: Int) async throws -> Page {
        guard index < .max else { return Page(entries: [], sizes: [], head: LogHead(index: index), revision: 0) }
        let answer = try await client.once(
            .init([.get(keys.entry(index + 1), to: keys.endOfLog, limit: limit), .get(keys.head)]))
        let head = try head(answer.found(1))
        var page = Page(entries: [], sizes: [], head: head, revision: answer.header.revision)
        var next = index + 1
        for key in answer.found(0) {
            guard try keys.index(of: key.key) == next else { break }
            page.entries.append(try codec.decode(Array(key.value), at: next))
            page.sizes.append(key.value.count)
            next += 1
        }
        guard page.entries.count == answer.found(0).count || page.entries.isEmpty else {
            throw LogFailure.broken("the entry \(next) is missing, and a later one is there")
        }
        guard !page.entries.isEmpty || head.index <= index else { throw LogFailure.trimmed }
        return page
    }
}
