import Foundation
import Logging
import Synchronization

/// A client of an MQTT broker on a thread of its own, over libmosquitto.
///
/// The client connects by itself, and connects again whenever the connection ends, whatever the reason: lost, refused, or ended by
/// the broker. Of several brokers it uses the first that accepts it. It uses MQTT 5 and falls back to 3.1.1, without or with TLS.
///
/// **Receiving.** Messages of ``MQTTClientOptions/subscriptions`` are handed over in ``batches``. The acknowledgements of a batch
/// are held back until ``InboundBatch/acknowledge()``: if the process ends before that, the broker delivers the messages again.
/// Meanwhile more messages are read and handed over, until three quarters of ``MQTTClientOptions/receiveMaximum`` are held. Until
/// every message that was handed over is acknowledged, only pings are written.
///
/// **Publishing.** ``publish(_:)`` sends only while connected, at most ``MQTTClientOptions/window`` messages at once, and returns
/// when the broker has acknowledged all of them. If the connection ends before that, ``publish(_:)`` throws. No message is kept to
/// be sent later: the caller decides about that.
///
/// All methods are safe from any thread.
public final class MQTTClient: Sendable {
    /// The messages that come in, for one reader, unless `onBatch` takes them. The stream ends after ``stop()``.
    public let batches: AsyncStream<InboundBatch>
    private let brokers: BrokerAddresses
    private let mailbox: Mailbox

    /// Starts a client, which connects in the background. Throws only for options that are not valid.
    ///
    /// `onChange` is called once with the connection's current state, and on the client's thread whenever the state changes.
    /// `onBatch` is called on that thread with each batch, instead of ``batches``. Both must be short.
    public init(
        _ options: MQTTClientOptions, logger: Logger, onChange: (@Sendable (MQTTConnectionState) -> Void)? = nil,
        onBatch: (@Sendable (InboundBatch) -> Void)? = nil
    ) throws(MQTTError) {
        try options.validate()
        try Library.initialize()
        let wakeUp = try WakeUp()
        let mailbox = Mailbox(wakeUp: wakeUp)
        let (stream, continuation) = AsyncStream.makeStream(of: InboundBatch.self)
        batches = stream
        brokers = options.brokers
        self.mailbox = mailbox
        if let onChange {
            _ = mailbox.observe { state in
                onChange(state)
                return false
            }
        }
        let thread = Thread {
            let deliver = onBatch ?? { continuation.yield($0) }
            ClientLoop(options, mailbox: mailbox, wakeUp: wakeUp, logger: logger, deliver: deliver).run()
            continuation.finish()
        }
        thread.name = "mqtt"
        thread.start()
    }

    deinit { mailbox.stop() }

    /// The state of the connection.
    public var state: MQTTConnectionState { mailbox.connection }

    /// How many connections there have been, with the current one. The number has grown before anything can be published on a new
    /// connection.
    public var connections: Int { mailbox.connections }

    /// Publishes `messages` in order. Returns the result of each, once the broker has answered all of them.
    ///
    /// Throws ``MQTTError`` if there is no connection or the connection ends meanwhile; any of the messages may then have arrived.
    /// Throws `CancellationError` when the task is cancelled.
    public func publish(_ messages: [MQTTMessage]) async throws -> [PublishResult] {
        let request = Mutex<PublishRequest?>(nil)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                publish(messages, keeping: request) { continuation.resume(with: $0) }
                if Task.isCancelled { request.withLock { $0 }?.fail(CancellationError()) }
            }
        } onCancel: {
            request.withLock { $0 }?.fail(CancellationError())
        }
    }

    /// Publishes `messages` in order, regardless of the caller's task. `completion` is called once, on the client's thread or on
    /// the caller's, and must be short.
    public func publish(_ messages: [MQTTMessage], completion: @escaping @Sendable (Result<[PublishResult], any Error>) -> Void) {
        guard !messages.isEmpty else { return completion(.success([])) }
        mailbox.publish(PublishRequest(messages, completion: completion), brokers: brokers)
    }

    private func publish(
        _ messages: [MQTTMessage], keeping slot: borrowing Mutex<PublishRequest?>,
        completion: @escaping @Sendable (Result<[PublishResult], any Error>) -> Void
    ) {
        guard !messages.isEmpty else { return completion(.success([])) }
        let request = PublishRequest(messages, completion: completion)
        slot.withLock { $0 = request }
        mailbox.publish(request, brokers: brokers)
    }

    /// Returns once the client is connected and subscribed. Throws the last ``MQTTError`` if that takes longer than `limit` or the
    /// client is stopped, and `CancellationError` when the task is cancelled.
    public func connected(within limit: Duration) async throws {
        try await connected(within: limit, orFailed: false)
    }

    /// The same, but throws the first failure without waiting for another try.
    public func connected(orFailedWithin limit: Duration) async throws {
        try await connected(within: limit, orFailed: true)
    }

    private func connected(within limit: Duration, orFailed: Bool) async throws {
        let mailbox = mailbox
        let isConnected = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { await mailbox.settled(orFailed: orFailed) }
            group.addTask {
                try await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        try Task.checkCancellation()
        if isConnected { return }
        if case .stopped = mailbox.connection { throw MQTTError(.stopped, "the MQTT client of \(brokers) was stopped") }
        throw mailbox.lastError ?? MQTTError(.unreachable, "\(brokers) did not answer within \(limit)")
    }

    /// Sends the acknowledgements of acknowledged batches, disconnects from the broker, which keeps a persistent session, and ends
    /// the thread. Publications that were not acknowledged fail. The broker delivers a batch that is still held again at the next
    /// connection.
    public func stop() async {
        await mailbox.stopped()
    }
}
