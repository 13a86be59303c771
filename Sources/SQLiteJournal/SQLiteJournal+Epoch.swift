import Foundation
import GRDB

extension SQLiteJournal {
    /// The epoch of the journal at `path`, `nil` if there is none or it cannot be read. It only reads, and may run beside the server.
    public static func epoch(at path: String) -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        var configuration = databaseConfiguration(readers: 1)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = ON") }
        guard let queue = try? DatabaseQueue(path: path, configuration: configuration) else { return nil }
        defer { try? queue.close() }
        return try? queue.read { db in try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") }
    }
}
