import Foundation
import Logging
import Mosquitto
import Synchronization
import TallywireCore

/// Reads what a broker retains, with a client of its own that is gone afterwards.
///
/// Of its own, because a broker sends retained messages only to a subscription that begins, and one on the sink's connection would from
/// then on echo every display that the sink publishes; because brokers end the connection, or the subscription alone, of whom they let
/// not read; and because its quality can be 0, for which mosquitto's `max_queued_messages` (1000 unless configured) holds only while
/// the socket is full, where with quality 1 it drops all retained messages behind the first thousand.
///
/// The end of the retained messages is where a message of the reader's own comes back, which it publishes when the subscription is
/// acknowledged. Brokers of several nodes may deliver later than that, so it waits until nothing has come for ``settle``.
struct RetainedReader: Sendable {
    /// How the client connects; its subscriptions are the reader's.
    var client: MQTTClientOptions
    let filters: [String]
    /// Where the reader's own message goes.
    let marker: String
    let settle: Duration
    let limit: Int
    let logger: Logger

    /// How long nothing may come, the marker neither.
    static let patience = Duration.seconds(5)
    private static let look = Duration.milliseconds(10)

    enum Failure: Error, CustomStringConvertible {
        /// The broker does not let us read: try without.
        case refused(String)

        var description: String {
            switch self {
            case .refused(let reason): reason
            }
        }
    }

    /// Reads everything. Throws ``Failure/refused(_:)`` if the broker does not let us, and what else goes wrong.
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
            if silence >= max(Self.patience, settle) {
                guard isMarked else { throw MQTTError(.unreachable, "\(client.brokers) did not answer within \(Self.patience)") }
                throw Failure.refused("\(client.brokers): what was published to \(marker) did not come back; see its access list")
            }
            try await clock.sleep(for: Self.look)
        }
    }

    /// What has come so far.
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

        /// The image, once: a second owner would make each further message copy it.
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
                // No topic of ours is such that comparing it takes long.
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
