/// Reads committed events again, whatever their age.
///
/// Safe from any task at any time.
public protocol EventHistory: Sendable {
    /// Committed events after `seq` in order: at most `limit` of them and, after the first, at most `maxBytes` of JSON. It does not wait
    /// for events that are not there yet. Throws ``JournalError/Code/pruned`` if events after `seq` are gone.
    func events(after seq: UInt64, limit: Int, maxBytes: Int) async throws -> [EventEnvelope]
}
