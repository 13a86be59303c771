import Synchronization
import TallywireCore
import TallywireEngine

/// The devices of all sources: those that plugins.json names, and those that were heard of since.
///
/// Safe from any thread. The registry has at most ``limit`` devices. A new device replaces the one that was silent for longest
/// among those that plugins.json does not name.
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

    /// Changes what is known of a device. A new device is added. `body` must be short.
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

    /// What is known of a device; `nil` if it is not known.
    public func record(of device: String, at source: String) -> DeviceRecord? {
        records.withLock { $0[Key(source: source, device: device)] }
    }

    /// All devices, by source and name.
    public var all: [DeviceRecord] {
        records.withLock { Array($0.values) }.sorted { ($0.source, $0.device) < ($1.source, $1.device) }
    }
}

/// What is known of a device that brings movements in.
public struct DeviceRecord: Equatable, Sendable {
    /// Whether a device is online, as far as the device says so.
    public enum Presence: String, Sendable {
        /// The device never said whether it is online.
        case unknown
        case online, offline
    }

    /// The device's name at its source.
    public let device: String
    /// The source's name in plugins.json.
    public let source: String
    /// Whether plugins.json names the device.
    public var isConfigured = false
    public var presence = Presence.unknown
    /// When ``presence`` changed last.
    public var since: Timestamp?
    /// When the last message came from the device.
    public var lastSeen: Timestamp?
    /// The number of the MQTT connection that ``presence`` is about, if the device numbers its connections.
    public var session: Int64?
    /// In percent.
    public var battery: Int?
    public var firmware: String?
    public var model: String?
    public var counters = Counters()
    /// The last refusal that the device got.
    public var lastError: String?

    /// What came from a device since the server started.
    public struct Counters: Equatable, Sendable {
        public var applied: UInt64 = 0
        public var duplicates: UInt64 = 0
        public var rejected: UInt64 = 0
        /// Payloads that could not be read.
        public var malformed: UInt64 = 0
        /// Codes that came again too soon to be a second scan.
        public var bounced: UInt64 = 0

        public init() {}
    }

    public init(device: String, source: String) {
        self.device = device
        self.source = source
    }
}
