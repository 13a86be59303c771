import PostgreSQL
import TallywireConfiguration
import TallywirePipeline

/// The options of `postgres`. The schema has their defaults.
struct PostgresOptions: Decodable, Sendable {
    var connection: String
    var schema: String
    var timeout: Duration

    /// What `check --connect` finds: whether the database lets the server in, and whether its tables are there and the server may
    /// write to them. Nothing is written.
    func problems(_ context: ProbeContext) async -> [OptionError] {
        let executor = PostgresWriter(self)
        do throws(SinkError) {
            try await executor.check()
            return []
        } catch {
            return [OptionError("connection", message: "\(error)")]
        }
    }
}
