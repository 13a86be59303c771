import NIOCore
import Synchronization
import TallywireEngine
import TallywirePipeline

/// The journal's events in pages that all connections share while they catch up: clients that come back together read each page
/// once.
///
/// Safe from any thread. The pages that were used last are kept while any connection catches up.
final class EventPages: Sendable {
    /// The number of events in a page. Pages begin at multiples of it, so that connections at different positions need the same
    /// pages.
    static let size: UInt64 = 256
    /// The most pages that are kept, some 20 MB of events.
    static let kept = 64

    /// Consecutive events of the journal.
    struct Page: Sendable {
        /// The events that the sink wants.
        let pass: Pass
        /// The page has the events after this one, up to and including `through`.
        let after: UInt64
        let through: UInt64
    }

    private struct State {
        var pages: [UInt64: Page] = [:]
        /// The starts of the pages; the page that was used last is at the end.
        var order: [UInt64] = []
        var loading: [UInt64: EventLoopFuture<Page>] = [:]
    }

    private let history: any EventHistory
    private let filter: EventFilter
    private let audiences: [Audience]
    private let encoding: EventEncoding
    private let state = Mutex(State())

    init(history: any EventHistory, filter: EventFilter, audiences: [Audience], encoding: EventEncoding = .message) {
        self.encoding = encoding
        self.history = history
        self.filter = filter
        self.audiences = audiences
    }

    /// The page that has the event after `seq`, if it is in memory and complete up to `head`.
    func page(after seq: UInt64, head: UInt64) -> Page? {
        let start = seq / Self.size * Self.size
        return state.withLock { state in
            guard let page = state.pages[start], seq >= page.after, page.through == start + Self.size || page.through >= head
            else { return nil }
            state.order.removeAll { $0 == start }
            state.order.append(start)
            return page
        }
    }

    /// Reads the page that has the event after `seq`, which is committed. Fails with ``JournalError`` of code `pruned` if the event
    /// was deleted.
    func load(after seq: UInt64, head: UInt64, on loop: any EventLoop) -> EventLoopFuture<Page> {
        let start = seq / Self.size * Self.size
        if let page = page(after: seq, head: head) { return loop.makeSucceededFuture(page) }
        let loading = state.withLock { state in
            // A load in flight may lack the newest events, or start late after pruning. Callers check the page and call again.
            if let loading = state.loading[start] { return loading }
            // An event loop cannot wait for the journal, so a task reads the page and ends with it.
            let loading = loop.makeFutureWithTask { try await self.read(start, neededAfter: seq) }
            state.loading[start] = loading
            return loading
        }
        return loading.hop(to: loop)
    }

    /// Forgets all pages.
    func clear() {
        state.withLock { state in
            state.pages = [:]
            state.order = []
        }
    }

    private func read(_ start: UInt64, neededAfter seq: UInt64) async throws -> Page {
        do {
            var (first, events) = try await readable(start, neededAfter: seq)
            let through = events.last?.seq ?? first
            if !filter.wantsAll { events.removeAll { !filter.wants($0) } }
            let page = Page(pass: Pass(events, for: audiences, encoding), after: first, through: through)
            state.withLock { state in
                state.loading[start] = nil
                state.pages[start] = page
                state.order.removeAll { $0 == start }
                state.order.append(start)
                if state.order.count > Self.kept { state.pages[state.order.removeFirst()] = nil }
            }
            return page
        } catch {
            state.withLock { $0.loading[start] = nil }
            throw error
        }
    }

    /// The page's events, as far as they are committed, whatever their size. If the journal has pruned the page's beginning, only
    /// those after `seq`.
    private func readable(_ start: UInt64, neededAfter seq: UInt64) async throws -> (after: UInt64, events: [EventEnvelope]) {
        do {
            return (start, try await events(after: start, in: start))
        } catch let error as JournalError where error.code == .pruned && seq > start {
            return (seq, try await events(after: seq, in: start))
        }
    }

    private func events(after seq: UInt64, in start: UInt64) async throws -> [EventEnvelope] {
        try await history.events(after: seq, limit: Int(start + Self.size - seq), maxBytes: .max)
    }
}
