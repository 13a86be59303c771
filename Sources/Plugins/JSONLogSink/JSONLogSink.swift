import TallywirePipeline

/// The sink `json-log`: passes batches to its ``LogWriter``, whose thread may wait for the disk.
struct JSONLogSink: Sink {
    private let writer: LogWriter

    init(_ options: JSONLogOptions, operations: FileOperations = .system) {
        writer = LogWriter(options, operations: operations)
    }

    func start(_ context: SinkContext) async throws {
        try await writer.open(epoch: context.epoch, head: context.head, logger: context.logger)
    }

    func deliver(_ batch: EventBatch) async throws -> Delivery {
        if batch.isReplay { try await writer.replay(batch.records) } else { try await writer.append(batch.records) }
        return Delivery()
    }

    func stop() async { await writer.close() }
}
