import TallywireEngine
import TallywirePipeline

/// The sink `postgres`: passes batches to its ``PostgresWriter``, whose thread may wait for the database.
struct PostgresSink: Sink {
    private let writer: PostgresWriter

    init(_ options: PostgresOptions) { writer = PostgresWriter(options) }

    func start(_ context: SinkContext) async throws { try await writer.begin(context) }

    func deliver(_ batch: EventBatch) async throws -> Delivery { try await writer.write(batch) }

    func stop() async { await writer.close() }
}

extension PostgresSink: MeteredSink {
    var sinkMetrics: [SinkMetric] { writer.metrics.current }
}
