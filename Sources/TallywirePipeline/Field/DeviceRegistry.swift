import Synchronization
import TallywireCore
import TallywireEngine

/// The devices of all sources: those that plugins.json names and those that were heard of since.
///
/// Safe from any thread. It holds at most ``limit`` devices; of those that plugins.json does not name, the one that was silent for
/// longest makes room for a new one.
public final class DeviceRegistry: Sendable {
    private struct Key: Hashable {
        let source: String
        let device: String
    }

    /// The most devices that are kept.
    public let limit: Int
    private let records = Mutex<[Key: DeviceRecord]>([:])

    public init(limit: Int = DevicePositions.limit) {
        self.limit = limit
    }

    /// Changes what is known of a device, which is added if it is new. `body` must be short.
    public func update(_ device: String, of source: String, _ body: (inout DeviceRecord) -> Void) {
        records.withLock { records in
            let key = Key(source: source, device: device)
            if records.index(forKey: key) == nil, records.count >= limit {
                let quietest = records.values.filter { !$0.isConfigured }.min {
                    $0.lastSeen?.milliseconds ?? 0 < $1.lastSeen?.milliseconds ?? 0
                }
                guard let quietest else { return }
                records[Key(source: quietest.source, device: quietest.device)] = nil
            }
            body(&records[key, default: DeviceRecord(device: device, source: source)])
        }
    }

    /// What is known of a device, `nil` if nothing is.
    public func record(of device: String, at source: String) -> DeviceRecord? {
        records.withLock { $0[Key(source: source, device: device)] }
    }

    /// All devices, by source and name.
    public var all: [DeviceRecord] {
        records.withLock { Array($0.values) }.sorted { ($0.source, $0.device) < ($1.source, $1.device) }
    }
}
