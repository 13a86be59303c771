import NIOCore
import Synchronization
import TallywireCore
import TallywireEngine

/// Reads images of the stock for clients that join, one read at a time, and gives each image to all clients that it serves: a
/// thousand clients that come at once cost one or two reads.
///
/// An image includes every event that was committed before the image was asked for. For that, a later read adds all variants that
/// changed since the last complete read, whether or not a client of the room would be told. While other clients are here, one more
/// client costs only that small read.
///
/// Safe from any thread.
final class StockImages: Sendable {
    /// What a client needs.
    struct Need: Sendable {
        /// The variants that changed after this event; `nil` for all.
        let since: UInt64?
        let form: Int
    }

    /// The selection has more variants than a snapshot may have.
    struct TooMany: Error {
        let limit: Int
    }

    private struct State {
        /// The images that were read completely, the newest at the end.
        var bases: [StockImage] = []
        var lent: [Lent] = []
        var waiting: [(need: Need, promise: EventLoopPromise<FreshImage>)] = []
        var isReading = false
    }

    /// An image that connections with slow clients may still hold.
    private struct Lent {
        weak var image: StockImage?
    }

    private static let mostBases = 4
    /// If at most one in `share` of an image's variants changed, and ``fewest`` more, only the changes are read. Otherwise all are.
    private static let share = 4
    private static let fewest = 256

    private let stock: any StockReader
    private let audiences: [Audience]
    private let limit: Int
    private let memory: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: Variants in one image.
    ///   - memory: The most bytes of all images together, including those that connections with slow clients still hold. Beyond it
    ///     the oldest images are recalled, and their connections are closed.
    init(stock: any StockReader, audiences: [Audience], limit: Int, memory: Int = 256 << 20) {
        self.stock = stock
        self.audiences = audiences
        self.limit = limit
        self.memory = memory
    }

    /// An image that serves `need` and includes every event that was committed before this call.
    func image(_ need: Need, on loop: any EventLoop) -> EventLoopFuture<FreshImage> {
        let promise = loop.makePromise(of: FreshImage.self)
        let starts = state.withLock { state in
            state.waiting.append((need, promise))
            defer { state.isReading = true }
            return !state.isReading
        }
        // An event loop cannot wait for the journal, so a task reads the images. The task ends when no client waits any more.
        if starts { Task { await readForAll() } }
        return promise.futureResult
    }

    /// The values of a selection, for one client.
    func image(of selection: VariantSelection, form: Int, on loop: any EventLoop) -> EventLoopFuture<FreshImage> {
        loop.makeFutureWithTask { [self] in
            let reading = try await stock.values(of: selection, limit: limit)
            if reading.value.isCut { throw TooMany(limit: limit) }
            let image = StockImage(reading, since: nil, form: form, for: audiences[form])
            lend(image)
            return FreshImage(image)
        }
    }

    /// Forgets all images.
    func clear() { state.withLock { $0.bases = [] } }

    private func readForAll() async {
        while let (need, waiting) = takeWaiting() {
            do {
                let image = try await read(need)
                for promise in waiting { promise.succeed(image) }
            } catch {
                for promise in waiting { promise.fail(error) }
            }
        }
    }

    private func read(_ need: Need) async throws -> FreshImage {
        if let base = state.withLock({ $0.bases.last { $0.serves(need) } }), let image = try await changed(base) { return image }
        let reading = try await stock.values(of: need.since.map { .changed(since: $0) } ?? .all, limit: limit)
        if reading.value.isCut || reading.value.removed.count >= limit { throw TooMany(limit: limit) }
        let image = StockImage(reading, since: need.since, form: need.form, for: audiences[need.form])
        state.withLock { state in
            state.bases.removeAll { $0.form == need.form && ($0.since == nil) == (need.since == nil) }
            state.bases.append(image)
            if state.bases.count > Self.mostBases { state.bases.removeFirst() }
        }
        lend(image)
        return FreshImage(image)
    }

    /// The image with the values that changed since; `nil` if so many changed that a complete read is better.
    private func changed(_ base: StockImage) async throws -> FreshImage? {
        let most = min(limit, base.rows.count / Self.share + Self.fewest)
        let reading = try await stock.values(of: .changed(since: base.seq), limit: most)
        guard !reading.value.isCut, reading.value.removed.count < most, base.rows.count + reading.value.variants.count <= limit
        else {
            return nil
        }
        let changes = StockImage(reading, since: base.seq, form: base.form, for: audiences[base.form])
        if !changes.rows.isEmpty { lend(changes) }
        return FreshImage(base, changes: changes)
    }

    /// Notes an image that connections will hold, and recalls the oldest images if all together take too much memory.
    private func lend(_ image: StockImage) {
        state.withLock { state in
            state.lent.removeAll { $0.image == nil }
            let held = state.lent.compactMap(\.image).filter { !$0.isRecalled }
            state.lent.append(Lent(image: image))
            var bytes = held.reduce(image.bytes) { $0 + $1.bytes }
            for old in held where bytes > memory && !state.bases.contains(where: { $0 === old }) {
                old.recall()
                bytes -= old.bytes
            }
        }
    }

    /// All waiting requests that one image can serve, beginning with the first request, and the need that covers them all.
    private func takeWaiting() -> (Need, [EventLoopPromise<FreshImage>])? {
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
        // Only a read of changes knows which variants were removed.
        return self.since.map { $0 <= since } ?? false
    }
}

/// The values of many variants at one moment, as one audience sees them, encoded once for all clients that join.
final class StockImage: Sendable {
    /// The values include every event up to this one, and none after it.
    let seq: UInt64
    /// The image has the variants that changed after this event; `nil` if it has all.
    let since: UInt64?
    let form: Int
    let rows: [Row]
    /// The items one after the other, each followed by a comma.
    let items: ByteBuffer
    private let recalled = Atomic(false)

    struct Row: Sendable {
        let product: Int64
        let variant: Int64
        let changed: UInt64
        let locations: [String]
        let isRemoved: Bool
        let range: Range<Int>
    }

    /// The approximate memory in bytes.
    var bytes: Int { items.capacity + rows.count * (MemoryLayout<Row>.stride + 48) }

    /// Whether connections that still send the image should drop it, because it is old and old images take too much memory.
    var isRecalled: Bool { recalled.load(ordering: .relaxed) }
    func recall() { recalled.store(true, ordering: .relaxed) }

    /// Encodes a read.
    init(_ reading: Reading<VariantValues>, since: UInt64?, form: Int, for audience: Audience) {
        seq = reading.seq
        self.since = since
        self.form = form
        var items = ByteBuffer()
        var json = JSONWriter(capacity: 256)
        func append(_ write: (inout JSONWriter) -> Void) -> Range<Int> {
            json.removeAll()
            write(&json)
            let start = items.writerIndex
            items.writeBytes(json.bytes)
            items.writeInteger(UInt8(ascii: ","))
            return start..<items.writerIndex
        }
        rows =
            reading.value.variants.map { value in
                let variant = value.record.variant
                return Row(
                    product: variant.productID.rawValue, variant: variant.id.rawValue, changed: value.changed,
                    locations: variant.balances.map(\.location), isRemoved: false,
                    range: append { audience.write(value, to: &$0) })
            }
            + reading.value.removed.map { removed in
                Row(
                    product: removed.product.rawValue, variant: removed.variant.rawValue, changed: removed.changed, locations: [],
                    isRemoved: true, range: append { audience.write(removed, to: &$0) })
            }
        self.items = items
    }
}
