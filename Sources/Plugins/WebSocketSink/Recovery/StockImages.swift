import NIOCore
import Synchronization
import TallywireEngine

/// Reads images of the stock for those who join, one reading at a time, and gives each to all whom it serves: a thousand clients who come at
/// once cost one or two readings.
///
/// Safe from any thread.
final class StockImages: Sendable {
    /// An image may be so many events old: they are replayed after it.
    static let age: UInt64 = 4_096

    /// What a client needs.
    struct Need: Sendable {
        /// The variants that changed after this event; `nil` for all.
        let since: UInt64?
        let form: Int
    }

    /// More variants than a snapshot may have.
    struct TooMany: Error {
        let limit: Int
    }

    private struct State {
        var images: [StockImage] = []
        var waiting: [(need: Need, promise: EventLoopPromise<StockImage>)] = []
        var isReading = false
    }

    private let stock: any StockReader
    private let audiences: [Audience]
    private let limit: Int
    private let state = Mutex(State())

    init(stock: any StockReader, audiences: [Audience], limit: Int) {
        self.stock = stock
        self.audiences = audiences
        self.limit = limit
    }

    /// An image that serves `need`: one that is here, or one that is read now. `head` is the last event that the client may know of.
    func image(_ need: Need, head: UInt64, on loop: any EventLoop) -> EventLoopFuture<StockImage> {
        let promise = loop.makePromise(of: StockImage.self)
        let (image, starts) = state.withLock { state in
            let image = state.images.last { $0.serves(need) && $0.seq + Self.age >= head && $0.seq >= (need.since ?? 0) }
            if image != nil { return (image, false) }
            state.waiting.append((need, promise))
            defer { state.isReading = true }
            return (nil, !state.isReading)
        }
        if let image { promise.succeed(image) }
        // An event loop cannot wait for the journal, so the reading is a task, which ends when nobody waits any more.
        if starts { Task { await readForAll() } }
        return promise.futureResult
    }

    /// The values of what is named, for one client.
    func image(of selection: VariantSelection, form: Int, on loop: any EventLoop) -> EventLoopFuture<StockImage> {
        loop.makeFutureWithTask { [stock, audiences, limit] in
            let reading = try await stock.values(of: selection, limit: limit)
            if reading.value.isCut { throw TooMany(limit: limit) }
            return StockImage(reading, since: nil, form: form, for: audiences[form])
        }
    }

    /// Forgets all images.
    func clear() { state.withLock { $0.images = [] } }

    private func readForAll() async {
        while let (need, waiting) = takeWaiting() {
            do {
                let reading = try await stock.values(of: need.since.map { .changed(since: $0) } ?? .all, limit: limit)
                if reading.value.isCut { throw TooMany(limit: limit) }
                let image = StockImage(reading, since: need.since, form: need.form, for: audiences[need.form])
                state.withLock { state in
                    state.images.removeAll { $0.form == need.form && $0.since == need.since }
                    state.images.append(image)
                    if state.images.count > 4 { state.images.removeFirst() }
                }
                for promise in waiting { promise.succeed(image) }
            } catch {
                for promise in waiting { promise.fail(error) }
            }
        }
    }

    /// All who wait for the form of the first one, and what serves them all.
    private func takeWaiting() -> (Need, [EventLoopPromise<StockImage>])? {
        state.withLock { state in
            guard let first = state.waiting.first else {
                state.isReading = false
                return nil
            }
            let served = state.waiting.filter {
                $0.need.form == first.need.form && ($0.need.since == nil) == (first.need.since == nil)
            }
            state.waiting.removeAll { $0.need.form == first.need.form && ($0.need.since == nil) == (first.need.since == nil) }
            let since = served.compactMap(\.need.since).min()
            return (Need(since: since, form: first.need.form), served.map(\.promise))
        }
    }
}

extension StockImage {
    fileprivate func serves(_ need: StockImages.Need) -> Bool {
        guard form == need.form else { return false }
        guard let since = need.since else { return self.since == nil }
        // Only a reading of changes knows what was removed.
        return self.since.map { $0 <= since } ?? false
    }
}
