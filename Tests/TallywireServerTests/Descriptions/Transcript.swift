import Foundation
import Synchronization
import TallywireCore
import TallywireTesting
import TestSupport

/// What went over WebSocket and MQTT in a test, in the order in which it was seen.
final class Transcript: Sendable {
    struct Entry: Sendable {
        enum Place: Hashable, Sendable {
            case webSocket
            case topic(String)
        }

        let place: Place
        /// Whether a client sent it; of what stands in a topic the topic says it.
        var isClients = false
        let payload: [UInt8]
        /// User properties of MQTT 5.
        var headers: [String: String] = [:]
    }

    private let seen = Mutex<[Entry]>([])

    var entries: [Entry] { seen.withLock { $0 } }

    func note(_ entry: Entry) { seen.withLock { $0.append(entry) } }

    /// Waits until the server has sent so many messages of a type to its WebSocket clients.
    func expect(_ type: String, _ count: Int = 1) async throws {
        try await expect(type, count) { $0.place == .webSocket && !$0.isClients && Self.json($0)?["type"]?.string == type }
    }

    /// Waits until a message is in a topic whose payload has this in it.
    func expect(_ text: String, in topic: String) async throws {
        try await expect("\(topic) \(text)", 1) {
            $0.place == .topic(topic) && String(decoding: $0.payload, as: UTF8.self).contains(text)
        }
    }

    private func expect(_ what: String, _ count: Int, _ condition: (Entry) -> Bool) async throws {
        try await eventually("\(count) of \(what) came") { entries.count(where: condition) >= count }
    }

    static func json(_ entry: Entry) -> JSONValue? {
        try? JSONValue(String(decoding: entry.payload, as: UTF8.self))
    }
}
