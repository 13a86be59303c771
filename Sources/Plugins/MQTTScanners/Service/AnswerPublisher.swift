import Mosquitto

/// What carries answers to scanners.
protocol AnswerPublisher: Sendable {
    /// Publishes in order, regardless of the task's cancellation: what was taken is answered also at shutdown.
    func publish(_ messages: [MQTTMessage]) async throws -> [PublishResult]
}

/// Answers through a client.
struct ClientAnswerPublisher: AnswerPublisher {
    let client: MQTTClient

    func publish(_ messages: [MQTTMessage]) async throws -> [PublishResult] {
        // After a start or a loss the two clients come back one after the other; that is nothing to report.
        if !client.state.isConnected { try? await client.connected(within: .seconds(2)) }
        return try await withCheckedThrowingContinuation { continuation in
            client.publish(messages) { continuation.resume(with: $0) }
        }
    }
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
