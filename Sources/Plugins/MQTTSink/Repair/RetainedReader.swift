import Foundation
import Logging
import Mosquitto
import Synchronization
import TallywireCore

/// Reads a broker's retained messages, with a client of its own that ends afterwards.
///
/// The client is separate for three reasons. A broker sends retained messages only to a new subscription, and one on the sink's
/// connection would afterwards echo every display that the sink publishes. Brokers end the connection, or only the subscription, of
/// a client that may not read. And this client can use QoS 0: mosquitto's `max_queued_messages` (1000 by default) then applies only
/// while the socket is full, while with QoS 1 mosquitto drops all retained messages after the first thousand.
///
/// The reader publishes a message of its own when the subscription is acknowledged. The retained messages end where that message
/// comes back. Brokers with several nodes may deliver later than that, so the reader waits until nothing has come for ``settle``.
struct RetainedReader: Sendable {
    /// The options of the client. The reader sets the subscriptions.
    var client: MQTTClientOptions
    let filters: [String]
    /// The topic of the reader's own message.
    let marker: String
    let settle: Duration
    let limit: Int
    let logger: Logger

    /// The longest time without any message, before and after the reader's own one.
    static let timeout = Duration.seconds(5)
    private static let look = Duration.milliseconds(10)

    enum Failure: Error, CustomStringConvertible {
        /// The broker does not allow reading: the sink has to do without.
        case refused(String)

        var description: String {
            switch self {
            case .refused(let reason): reason
            }
        }
    }

    /// Reads all retained messages. Throws ``Failure/refused(_:)`` if the broker does not allow it, and any other error.
    func read() async throws -> RetainedImage {
        let token = UUID().uuidString
        let collected = Collected(image: RetainedImage(limit: limit), marker: marker, token: Array(token.utf8))
        var options = client
        options.subscriptions = filters + [marker]
        options.subscriptionQuality = .atMostOnce
        options.payloadLimit = 64 * 1024
        let reader = try MQTTClient(options, logger: logger) { collected.note($0) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await batch in reader.batches {
                    collected.note(batch.messages)
                    batch.acknowledge()
                }
            }
            let result: Result<RetainedImage, any Error>
            do {
                result = .success(try await image(collected, reader, token))
            } catch {
                result = .failure(error)
            }
            await reader.stop()
            try await group.waitForAll()
            return try result.get()
        }
    }

    private func image(_ collected: Collected, _ reader: MQTTClient, _ token: String) async throws -> RetainedImage {
        let clock = ContinuousClock()
        var isMarked = false
        while true {
            let state = collected.progress
            switch state.connection {
            case .disconnected(let error) where [.refused, .forbidden, .login].contains(error.code):
                throw Failure.refused(error.message)
            case .disconnected(let error): throw error
            case .connected where !isMarked:
                isMarked = true
                let message = MQTTMessage(topic: marker, payload: Array(token.utf8))
                if case .denied(let reason)? = try await reader.publish([message]).first {
                    throw Failure.refused("\(client.brokers): cannot publish to \(marker): \(reason); see its access list")
                }
            default: break
            }
            let silence = clock.now - state.lastMessage
            if state.isMarkerSeen, silence >= settle { return collected.takeImage() }
            if silence >= max(Self.timeout, settle) {
                guard isMarked else { throw MQTTError(.unreachable, "\(client.brokers) did not answer within \(Self.timeout)") }
                throw Failure.refused("\(client.brokers): what was published to \(marker) did not come back; see its access list")
            }
            try await clock.sleep(for: Self.look)
        }
    }

    /// The messages so far.
    private final class Collected: Sendable {
        struct Progress {
            var connection = MQTTConnectionState.connecting
            var isMarkerSeen = false
            var lastMessage = ContinuousClock.now
        }

        private let mutex: Mutex<(progress: Progress, image: RetainedImage)>
        private let marker: String
        private let token: [UInt8]

        init(image: RetainedImage, marker: String, token: [UInt8]) {
            mutex = Mutex((Progress(), image))
            self.marker = marker
            self.token = token
        }

        var progress: Progress { mutex.withLock { $0.progress } }

        /// Takes the image out, once: with a second owner each further message would copy it.
        func takeImage() -> RetainedImage {
            mutex.withLock { state in
                defer { state.image = RetainedImage(limit: 0) }
                return state.image
            }
        }

        func note(_ connection: MQTTConnectionState) { mutex.withLock { $0.progress.connection = connection } }

        func note(_ messages: [InboundMessage]) {
            mutex.withLock { state in
                state.progress.lastMessage = .now
                // No topic of the sink takes long to compare.
                for message in messages where StreamSafeText.isKept(by: message.topic.utf8) {
                    if message.topic == marker {
                        if message.payload == token { state.progress.isMarkerSeen = true }
                    } else if message.isRetained {
                        state.image.note(message)
                    }
                }
            }
        }
    }
}
