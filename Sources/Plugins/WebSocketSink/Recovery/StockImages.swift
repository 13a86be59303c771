import NIOCore
import Synchronization
import TallywireCore
import TallywireEngine

/// Reads images of the stock for those who join, one reading at a time, and gives each to all whom it serves: a thousand clients who come at
/// once cost one or two readings.
///
/// An image holds everything that was committed before it was asked for, since each is brought up by a reading that begins later: of what any
/// event has changed since the last whole reading, whether or not a room's client would be told of it. Those few changes are what a client costs
/// that comes while others are here.
///
/// Safe from any thread.
final class StockImages: Sendable {
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
        /// What was read as a whole, the newest at the end.
        var bases: [StockImage] = []
        var lent: [Lent] = []
        var waiting: [(need: Need, promise: EventLoopPromise<FreshImage>)] = []
        var isReading = false
    }

    /// An image that connections may hold that read slowly.
    private struct Lent {
        weak var image: StockImage?
    }

    private static let mostBases = 4
    /// What changed of less than this share of an image is read beside it; of more, the whole is read anew.
    private static let share = 4
    private static let fewest = 256

    private let stock: any StockReader
    private let audiences: [Audience]
    private let limit: Int
    private let memory: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: Variants in one image.
    ///   - memory: Bytes of all images together, of those that are held by connections which read slowly too. What is beyond it is recalled, the
    ///     oldest first, and the connections are closed.
    init(stock: any StockReader, audiences: [Audience], limit: Int, memory: Int = 256 << 20) {
        self.stock = stock
        self.audiences = audiences
        self.limit = limit
        self.memory = memory
    }

    /// An image that serves `need` and has everything in it that was committed before this call.
    func image(_ need: Need, on loop: any EventLoop) -> EventLoopFuture<FreshImage> {
        let promise = loop.makePromise(of: FreshImage.self)
        let starts = state.withLock { state in
            state.waiting.append((need, promise))
            defer { state.isReading = true }
            return !state.isReading
        }
        // An event loop cannot wait for the journal, so the reading is a task, which ends when nobody waits any more.
        if starts { Task { await readForAll() } }
        return promise.futureResult
    }

    /// The values of what is named, for one client.
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

    /// An image brought up by what changed since, `nil` if that is so much that the whole is better read anew.
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

    /// Notes an image that somebody will hold, and recalls the oldest ones if all together take too much memory.
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

    /// All who wait for the form of the first one, and what serves them all.
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
        // Only a reading of changes knows what was removed.
        return self.since.map { $0 <= since } ?? false
    }
}

/// The values of many variants at one moment, as one audience sees them, encoded once for everybody who joins.
final class StockImage: Sendable {
    /// Everything up to this event is in, nothing after it.
    let seq: UInt64
    /// It has those that changed after this event, `nil` if it has all.
    let since: UInt64?
    let form: Int
    let rows: [Row]
    /// The items one after the other, each with a comma behind it.
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

    /// Bytes of memory, about.
    var bytes: Int { items.capacity + rows.count * (MemoryLayout<Row>.stride + 48) }

    /// Whether who still sends it should let go of it: it is old, and old images take too much memory.
    var isRecalled: Bool { recalled.load(ordering: .relaxed) }
    func recall() { recalled.store(true, ordering: .relaxed) }

    /// Encodes a reading. `locations` says whether rooms of locations will ask for parts of it.
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
                    range: append { audience.write(value.record, to: &$0) })
            }
            + reading.value.removed.map { removed in
                Row(
                    product: removed.product.rawValue, variant: removed.variant.rawValue, changed: removed.changed, locations: [],
                    isRemoved: true, range: append { audience.write(removed, to: &$0) })
            }
        self.items = items
    }
}
