import CJemalloc
import Dispatch
import TallywireCore
import TallywirePipeline

/// What the connections of a sink read from the journal, together, and the server's clock.
struct Recovery: Sendable {
    let pages: EventPages
    let images: StockImages
    let now: @Sendable () -> Timestamp

    init(_ context: SinkContext, audiences: [Audience], snapshotItems: Int) {
        pages = EventPages(history: context.history, filter: context.filter, audiences: audiences)
        now = context.now
        images = StockImages(stock: context.stock, audiences: audiences, limit: snapshotItems)
    }

    /// Gives back what is kept for the next who comes, and to the system what a storm of those who came back has left in the heap. That
    /// takes milliseconds, so it is done elsewhere than on an event loop.
    func clear() {
        pages.clear()
        images.clear()
        DispatchQueue.global(qos: .utility).async { tallywire_give_back_memory() }
    }
}
