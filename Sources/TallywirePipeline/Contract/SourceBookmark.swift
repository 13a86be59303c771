import TallywireEngine

/// One number that a source finds again after a crash, such as how far it has read or counted on its own side.
public protocol SourceBookmark: Sendable {
    /// The number that was stored last, `nil` if there is none.
    func load() async throws -> UInt64?

    /// Stores `value`. It is on disk no later than any command that is submitted after this has returned: either both survive
    /// a crash, or the command does not.
    func store(_ value: UInt64) async throws
}

/// A bookmark beside the cursors of the sinks. The journal writes it in the transaction of the next commands, at the latest.
public struct JournalBookmark: SourceBookmark {
    private let journal: any Journal
    private let key: String

    /// The bookmark of the source `name`. The colon keeps it apart from the sinks, whose names have none.
    public init(journal: any Journal, source name: String) {
        self.journal = journal
        key = "source:\(name)"
    }

    /// The bookmark of one of the source's devices.
    public init(journal: any Journal, source name: String, device: String) {
        self.journal = journal
        key = "\(DevicePositions.prefix)\(name)/\(device)"
    }

    public func load() async throws -> UInt64? { try await journal.cursor(of: key) }
    public func store(_ value: UInt64) async throws { try await journal.storeCursor(value, of: key) }
}
