import NATS
import Synchronization
import TallywireConfiguration
import TallywireEngine
import TallywirePipeline

/// The sink `nats`: publishes events to a stream of JetStream by its ``NATSSession``, whose thread may wait for the server.
final class NATSSink: Sink {
    private let options: NATSSinkOptions
    private let subject: SubjectTemplate
    private let thread = CallThread()
    private let session = Mutex<NATSSession?>(nil)
    private let metrics = NATSMetrics()

    /// How often in a row a delivery goes on after somebody else published, without an event that got through.
    private static let collisions = 5

    init(_ options: NATSSinkOptions) throws(OptionError) {
        self.options = options
        subject = try options.validated()
    }

    func start(_ context: SinkContext) async throws {
        do {
            try await begin(as: context.name, epoch: context.epoch, after: context.cursor ?? 0)
        } catch let error as NATSError {
            throw SinkError.unavailable(options.explained(error))
        }
    }

    /// Connects, and asks the stream how it ends. The stream certainly has the events up to `seq`.
    func begin(as name: String, epoch: String, after seq: UInt64) async throws {
        let messages = EventMessage(options, subject: subject, sink: name, epoch: epoch)
        try await thread.run { [options, metrics] _ in
            self.session.withLock {
                $0 = NATSSession(options.settings, messages, window: options.window, frontier: seq, metrics: metrics)
            }
        }
        try await prepare()
    }

    /// Gets the session ready for publishing, within a time that libnats alone does not keep.
    private func prepare() async throws {
        let limit = options.timeout * (options.servers.all.count + 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.thread.run { _ in try self.withSession { try $0.prepare() } } }
            group.addTask {
                try await Task.sleep(for: limit)
                throw NATSError(.timeout, "the server did not answer within \(limit)")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func withSession<Value: Sendable>(_ body: (inout NATSSession) throws -> Value) throws -> Value {
        try session.withLock { session in
            guard session != nil else { throw SinkError.unavailable("the sink was not started") }
            return try body(&session!)
        }
    }

    func deliver(_ batch: EventBatch) async throws -> Delivery {
        var rest = batch.records[...]
        var (through, delivery) = (UInt64?.none, Delivery())
        var collisions = 0
        while !rest.isEmpty {
            do {
                try await prepare()
            } catch let error as NATSError {
                throw interrupted(through, delivery, options.explained(error))
            }
            let records = Array(rest)
            let step = try await thread.run { isAbandoned in
                try self.withSession { $0.publish(records, isAbandoned: isAbandoned) }
            }
            delivery.rejected += step.rejected
            through = step.through ?? through
            rest = rest.drop { $0.seq <= step.through ?? 0 }
            guard let error = step.error else { break }
            collisions = step.through == nil ? collisions + 1 : 0
            // The next round begins with how the stream ends now.
            if error.code == .outOfStep, collisions < Self.collisions { continue }
            throw interrupted(through, delivery, options.explained(error, subject: step.subject))
        }
        return delivery
    }

    private func interrupted(_ through: UInt64?, _ delivery: Delivery, _ reason: String) -> SinkError {
        guard through != nil else { return .unavailable(reason) }
        return .interrupted(Interruption(through: through, delivery: delivery, reason: reason))
    }

    func stop() async { close() }

    /// Closes the connection. Waits for nothing, since the thread may wait for a server.
    func close() { thread.runLater { self.session.withLock { $0?.close() } } }
}

extension NATSSink: MeteredSink {
    var sinkMetrics: [SinkMetric] { metrics.current }
}
