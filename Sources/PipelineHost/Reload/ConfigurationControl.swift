import TallywireConfiguration

/// Shows the configuration that runs, and reads it again. Safe from any task.
public protocol ConfigurationControl: Sendable {
    /// The configuration that runs, without secrets, and how often it changed since the start, counted from 1.
    var running: (configuration: ConfigurationValue, revision: Int) { get }

    /// Reads the file again and applies what has changed in it. Throws ``TallywireConfiguration/ConfigurationError`` with every mistake, and
    /// ``ServerIsEnding``; then nothing was changed.
    func reload() async throws -> ReloadReport
}

/// The end of the server has begun, so nothing starts any more.
public struct ServerIsEnding: Error {
    public init() {}
}

/// What a reload did.
public struct ReloadReport: Equatable, Sendable {
    /// What changed in place: names of entries, and paths of settings.
    public var applied: [String] = []
    /// Names of entries that are new, that are gone, and that were replaced.
    public var started: [String] = []
    public var stopped: [String] = []
    public var restarted: [String] = []
    /// What changes with the next start of the server.
    public var restartNeeded: [ConfigurationChange.Pending] = []
    /// The number of the configuration that runs.
    public var revision: Int

    public init(revision: Int) { self.revision = revision }

    public var changesNothing: Bool { applied.isEmpty && started.isEmpty && stopped.isEmpty && restarted.isEmpty }
}
