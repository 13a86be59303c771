import TallywireCore
import TallywireEngine

/// A journal that forwards to another one. A test can record, delay or fail its appends, count its reads of many values, and see
/// its reads of events.
public final class ForwardingJournal: JournalWrapper {
    public let wrapped: any Journal
    private let loading: @Sendable (any Journal) throws -> InventoryState
    private let reading: @Sendable () async -> Void
    private let following: @Sendable (_ seq: UInt64) throws -> Void
    private let appending: @Sendable (JournalBatch, any Journal) throws -> Void
    private let flushing: @Sendable (any Journal) async throws -> UInt64

    /// Makes a journal that calls `loading` in place of `journal.load`, `appending` in place of `journal.append`, `reading` before
    /// `journal.values`, and `following` before the events after `seq` are read; that read fails if `following` throws. `appending`
    /// runs on the thread that appends, and may block or throw. `flushing` is called in place of `journal.flush`.
    public init(
        _ journal: any Journal, loading: @escaping @Sendable (any Journal) throws -> InventoryState = { try $0.load() },
        reading: @escaping @Sendable () async -> Void = {},
        following: @escaping @Sendable (_ seq: UInt64) throws -> Void = { _ in },
        appending: @escaping @Sendable (JournalBatch, any Journal) throws -> Void = { try $1.append($0) },
        flushing: @escaping @Sendable (any Journal) async throws -> UInt64 = { try await $0.flush() }
    ) {
        wrapped = journal
        self.loading = loading
        self.reading = reading
        self.following = following
        self.appending = appending
        self.flushing = flushing
    }

    public func load() throws -> InventoryState { try loading(wrapped) }
    public func append(_ batch: JournalBatch) throws { try appending(batch, wrapped) }
    public func flush() async throws -> UInt64 { try await flushing(wrapped) }
    public func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope] {
        try following(seq)
        return try await wrapped.events(after: seq, limit: limit, maxBytes: maxBytes)
    }
    public func values(of selection: VariantSelection, limit: Int) async throws -> Reading<VariantValues> {
        await reading()
        return try await wrapped.values(of: selection, limit: limit)
    }
}
