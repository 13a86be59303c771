import Logging
import Synchronization

/// A log that a test can read. Safe from any thread.
public final class LineLog: Sendable {
    private let collected = Mutex<[String]>([])

    public init() {}

    /// Level, message and metadata of each entry.
    public var lines: [String] { collected.withLock { $0 } }

    /// What writes into it, from the level `trace` on.
    public var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(log: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let log: LineLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.collected.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
        }
    }
}
