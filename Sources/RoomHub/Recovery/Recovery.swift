import CJemalloc
import Dispatch
import TallywireCore
import TallywirePipeline

/// What the connections of a sink share to read the journal, and the server's clock.
struct Recovery: Sendable {
    let pages: EventPages
    let images: StockImages
    let now: @Sendable () -> Timestamp

    init(_ context: SinkContext, audiences: [Audience], encoding: EventEncoding, snapshotItems: Int) {
        pages = EventPages(history: context.history, filter: context.filter, audiences: audiences, encoding: encoding)
        now = context.now
        images = StockImages(stock: context.stock, audiences: audiences, limit: snapshotItems)
    }

    /// Drops the pages and images that are kept for further clients, and returns freed memory to the system after many clients came
    /// back at once. Returning the memory takes milliseconds, so it is not done on an event loop.
    func clear() {
        pages.clear()
        images.clear()
        DispatchQueue.global(qos: .utility).async { tallywire_give_back_memory() }
    }
}
