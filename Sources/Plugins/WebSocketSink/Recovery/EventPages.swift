import NIOCore
import Synchronization
import TallywireEngine
import TallywirePipeline

/// The journal's events in pages that all who catch up share: whoever comes back together reads each page once.
///
/// Safe from any thread. The pages that were used last are kept, for as long as somebody catches up.
final class EventPages: Sendable {
    /// Events in a page. Pages begin at multiples of it, so that readers at different places need the same ones.
    static let size: UInt64 = 256
    /// Pages that are kept at most, some 20 MB of events.
    static let kept = 64

    /// Some events that follow each other in the journal.
    struct Page: Sendable {
        /// Those that the sink wants.
        let pass: Pass
        /// The events after this one, up to and with `through`.
        let after: UInt64
        let through: UInt64
    }

    private struct State {
        var pages: [UInt64: Page] = [:]
        /// The pages' beginnings, the one that was used last at the end.
        var order: [UInt64] = []
        var loading: [UInt64: EventLoopFuture<Page>] = [:]
    }

    private let history: any EventHistory
    private let filter: EventFilter
    private let audiences: [Audience]
    private let state = Mutex(State())

    init(history: any EventHistory, filter: EventFilter, audiences: [Audience]) {
        self.history = history
        self.filter = filter
        self.audiences = audiences
    }

    /// The page that has the event after `seq`, if it is here and holds all there is up to `head`.
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

    /// Reads the page that has the event after `seq`, which is committed. Fails with ``JournalError`` of code `pruned` if it is gone.
    func load(after seq: UInt64, head: UInt64, on loop: any EventLoop) -> EventLoopFuture<Page> {
        let start = seq / Self.size * Self.size
        if let page = page(after: seq, head: head) { return loop.makeSucceededFuture(page) }
        let loading = state.withLock { state in
            // One that reads already may have begun before `head` was there, or at a later event; who needs more asks again.
            if let loading = state.loading[start] { return loading }
            // An event loop cannot wait for the journal, so the reading is a task, which ends with it.
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
            let page = Page(pass: Pass(events, for: audiences), after: first, through: through)
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

    /// The page's events, all of them if they are committed, whatever their size. Where the journal has pruned the beginning of the
    /// page, those after `seq`.
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
