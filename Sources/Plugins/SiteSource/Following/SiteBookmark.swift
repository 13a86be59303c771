import TallywireCore
import TallywirePipeline

/// How far a site was followed, across crashes of this server.
///
/// The position holds only if everything before it is here. While something is missing, such as the stock of a SKU that is unknown here,
/// nothing is stored, so that the source begins with a snapshot after a restart.
struct SiteBookmark: Sendable {
    private let seq: any SourceBookmark
    /// A hash of the epoch to which `seq` belongs; 0 while `seq` does not hold.
    private let epoch: any SourceBookmark

    init(_ context: SourceContext) {
        seq = context.bookmark
        epoch = context.deviceBookmark("epoch")
    }

    /// Returns the event up to which everything of the journal `journal` is here; `nil` if that is not known.
    func load(_ journal: String) async throws -> UInt64? {
        guard try await epoch.load() == Self.hash(journal) else { return nil }
        return try await seq.load()
    }

    /// Says that no position holds. This is on disk before any command that is submitted afterwards.
    func clear() async throws { try await epoch.store(0) }

    /// Stores a position that holds, after ``clear()`` or for another journal.
    func set(_ position: JournalPosition) async throws {
        try await seq.store(position.seq)
        try await epoch.store(Self.hash(position.epoch))
    }

    /// Stores a later position in the same journal.
    func advance(to seq: UInt64) async throws { try await self.seq.store(seq) }

    private static func hash(_ epoch: String) -> UInt64 {
        var hash = FNV1a()
        for byte in epoch.utf8 { hash.combine(byte) }
        return max(1, hash.value)
    }
}
