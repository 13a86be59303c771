import Mosquitto

/// What carries answers to scanners.
struct AnswerPublisher: Sendable {
    let client: MQTTClient

    /// Publishes in order. `completion` is called once, on the client's thread or on the caller's.
    func publish(_ messages: [MQTTMessage], completion: @escaping @Sendable (Result<[PublishResult], any Error>) -> Void) {
        client.publish(messages, completion: completion)
    }

    /// Publishes in order what could not be published before, regardless of the task's cancellation: what was taken is answered also at
    /// shutdown.
    func publishAgain(_ messages: [MQTTMessage]) async -> Result<[PublishResult], any Error> {
        // After a start or a loss the two clients come back one after the other; that is nothing to report.
        if !client.state.isConnected { try? await client.connected(within: .seconds(2)) }
        return await withCheckedContinuation { continuation in
            client.publish(messages) { continuation.resume(returning: $0) }
        }
    }
}

/// The answers to a batch, on their way.
struct Publication: Sendable {
    let batch: InboundBatch
    let answers: [MQTTMessage]
    let result: Promise<Result<[PublishResult], any Error>>
}

extension PublishResult {
    /// Why it was not taken, `nil` if it was.
    var refusal: String? {
        switch self {
        case .accepted: nil
        case .rejected(let reason), .denied(let reason): reason
        }
    }
}
