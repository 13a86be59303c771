import Foundation
import Synchronization
import TallywireCore
import TallywireEngine

/// Reads the events of an entry from their JSON, those of a large entry on all cores.
enum EntryEvents {
    /// How many events one core reads at a time.
    private static let share = 64

    /// The events in their order. The first is expected to have the number `first`, which an error names.
    static func read(_ events: [LogEvent], from first: UInt64) throws -> [EventEnvelope] {
        guard events.count > share else { return try read(events[...], from: first) }
        let shares = (events.count - 1) / share + 1
        let results = Mutex([Result<[EventEnvelope], any Error>](repeating: .success([]), count: shares))
        DispatchQueue.concurrentPerform(iterations: shares) { number in
            let start = number * share
            let result = Result {
                try read(events[start..<min(start + share, events.count)], from: first + UInt64(start))
            }
            results.withLock { $0[number] = result }
        }
        return try results.withLock { $0 }.flatMap { try $0.get() }
    }

    private static func read(_ events: ArraySlice<LogEvent>, from first: UInt64) throws -> [EventEnvelope] {
        var read: [EventEnvelope] = []
        read.reserveCapacity(events.count)
        for event in events {
            do {
                let body = try Event(json: event.json, defaultVariant: event.defaultVariant)
                read.append(EventEnvelope(body, json: event.json, location: event.alertLocation))
            } catch {
                throw failure(error, of: event, number: first + UInt64(read.count))
            }
        }
        return read
    }

    private static func failure(_ error: any Error, of event: LogEvent, number: UInt64) -> Applier.Failure {
        struct Kind: Decodable { let type: String }
        // What has no type either is damaged.
        if let type = try? JSONDecoder().decode(Kind.self, fromOutside: event.json).type, EventType(rawValue: type) == nil {
            return Applier.Failure(
                description: "event \(number) is of the type “\(type.excerpt)”, which this program does not know: upgrade this node"
            )
        }
        return Applier.Failure(
            description: "event \(number) cannot be read, so it is damaged or of a newer version: upgrade this node (\(error))")
    }
}
