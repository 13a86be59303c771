import Mosquitto

/// Tells of each new connection of a client. Safe from any thread.
final class ConnectionWatch: Sendable {
    /// Something for each new connection; several that were not looked at count as one. For one reader.
    let changes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func note(_ state: MQTTConnectionState) {
        if state.isConnected { continuation.yield() }
    }
}
