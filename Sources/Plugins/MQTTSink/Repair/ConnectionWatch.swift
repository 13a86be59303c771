import Mosquitto
import Synchronization

/// Counts a client's connections and tells of each new one. Safe from any thread.
final class ConnectionWatch: Sendable {
    /// Something for each new connection; several that were not looked at count as one. For one reader.
    let changes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let connections = Atomic(0)

    init() {
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How many connections there were. The first is 1.
    var count: Int { connections.load(ordering: .acquiring) }

    func note(_ state: MQTTConnectionState) {
        guard state.isConnected else { return }
        connections.add(1, ordering: .acquiringAndReleasing)
        continuation.yield()
    }
}
