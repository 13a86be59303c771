import TallywirePipeline

/// What the connections of a sink read from the journal, together.
struct Recovery: Sendable {
    let pages: EventPages
    let images: StockImages

    init(_ context: SinkContext, audiences: [Audience], snapshotItems: Int) {
        pages = EventPages(history: context.history, filter: context.filter, audiences: audiences)
        images = StockImages(stock: context.stock, audiences: audiences, limit: snapshotItems)
    }

    /// Gives back what is kept for the next who comes.
    func clear() {
        pages.clear()
        images.clear()
    }
}
