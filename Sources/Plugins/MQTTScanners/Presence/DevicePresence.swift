import Crypto
import TallywireCore
import TallywirePipeline

/// Knows which devices are online, and says which reports follow: one when a device goes offline, and one when it comes back, also
/// across restarts.
///
/// The journal keeps the last presence of each device, as a ``PresenceMark``. If the first status ever seen of a device is
/// `offline`, no report is made.
struct DevicePresence {
    private let source: String
    private let registry: DeviceRegistry
    /// The marks of the devices that were heard of in this run; `.some(nil)` for a device without a mark.
    private var marks: [String: PresenceMark?] = [:]
    private var offline: Set<String> = []

    /// `registry` is told what devices say about themselves, under the name of `source`.
    init(source: String, registry: DeviceRegistry) {
        self.source = source
        self.registry = registry
    }

    /// A status that a device published.
    struct PublishedStatus {
        let device: String
        let status: DeviceStatus
        let isRetained: Bool
    }

    /// A device that went offline, or came back.
    struct Change {
        let device: String
        /// The device's mark from now on. It is stored once the report is on disk.
        let mark: PresenceMark
        /// `nil` for a device that had no mark.
        let report: Command?
    }

    // MARK: Marks

    /// Those of `devices` whose stored mark is not known yet.
    func unknown(among devices: Set<String>) -> [String] { devices.filter { marks[$0] == nil }.sorted() }

    /// Takes the stored marks of devices, `nil` for a device without one.
    mutating func learn(_ stored: [String: UInt64?]) {
        // Anybody may publish under any number of names. A mark that is forgotten here is loaded again.
        if marks.count + stored.count > max(registry.limit, stored.count) { marks.removeAll() }
        for (device, number) in stored { marks[device] = .some(number.flatMap { PresenceMark($0) }) }
    }

    // MARK: What devices say and do

    /// Takes statuses in order, and returns the changes that follow. The stored marks of all their devices have to be known.
    mutating func take(_ statuses: [PublishedStatus], at now: Timestamp) -> [Change] {
        statuses.filter { note($0, now) }.compactMap { published in
            let isOnline = published.status.isOnline
            return change(
                published.device, to: PresenceMark(isOnline ? .online : .offline, since: now),
                reason: isOnline ? "it says so" : "its status says so, or its will")
        }
    }

    /// Whether the last status of a device was `offline`.
    func isOffline(_ device: String) -> Bool { offline.contains(device) }

    /// Notes that devices scanned: a device that scans is online, whatever its status said. Returns the changes that follow. The
    /// stored marks of those devices that are offline have to be known.
    mutating func noteSigns(of devices: some Sequence<String>, at now: Timestamp) -> [Change] {
        Set(devices).intersection(offline).sorted().compactMap {
            change($0, to: PresenceMark(.online, since: now), reason: "it scanned")
        }
    }

    /// Notes what a device says about itself. Returns whether the status is of the device's newest MQTT connection.
    private func note(_ published: PublishedStatus, _ now: Timestamp) -> Bool {
        let status = published.status
        var isLate = false
        registry.update(published.device, of: source) { record in
            if let session = status.session, let known = record.session, session < known {
                isLate = true
                return
            }
            record.session = status.session ?? record.session
            record.battery = status.battery ?? record.battery
            record.firmware = status.firmware ?? record.firmware
            record.model = status.model ?? record.model
            if status.isOnline, !published.isRetained { record.lastSeen = now }
        }
        return !isLate
    }

    private mutating func change(_ device: String, to mark: PresenceMark, reason: String) -> Change? {
        let known = marks[device] ?? nil
        guard known?.presence != mark.presence else {
            if let known {
                note(known, of: device)
                show(known, of: device)
            }
            return nil
        }
        marks[device] = .some(mark)
        note(mark, of: device)
        guard let known else { return Change(device: device, mark: mark, report: nil) }
        let report = DeviceChanged(
            device: device, source: source, isOnline: mark.presence == .online,
            lastSeen: registry.record(of: device, at: source)?.lastSeen ?? known.since, reason: reason)
        return Change(
            device: device, mark: mark,
            report: Command(id: id(of: device, after: known), source: source, action: .report(.device(report))))
    }

    private mutating func note(_ mark: PresenceMark, of device: String) {
        if mark.presence == .offline, offline.count < registry.limit {
            offline.insert(device)
        } else {
            offline.remove(device)
        }
    }

    /// Shows in the registry how a device stands. For a change, called when its report is on disk and its mark is stored.
    func show(_ mark: PresenceMark, of device: String) {
        registry.update(device, of: source) {
            $0.presence = mark.presence == .online ? .online : .offline
            $0.since = mark.since
        }
    }

    /// The report's id. The same change has the same id, so that a crash between the report and the storing of its mark does not
    /// report twice.
    private func id(of device: String, after mark: PresenceMark) -> String {
        let digest = SHA256.hash(data: Array("\(source)/\(device)/\(mark.number)".utf8))
        return "presence-" + digest.prefix(16).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

/// What a restart needs to know of a device's presence, in one number: whether the device was online, and since when.
struct PresenceMark: Equatable, Sendable {
    var presence: Presence
    var since: Timestamp

    enum Presence: UInt64, Sendable {
        case online = 1
        case offline = 2
    }

    init(_ presence: Presence, since: Timestamp) {
        self.presence = presence
        self.since = since
    }

    /// `nil` for a number that is not a mark.
    init?(_ number: UInt64) {
        guard let presence = Presence(rawValue: number & 3) else { return nil }
        self.init(presence, since: Timestamp(milliseconds: Int64(number >> 2)))
    }

    var number: UInt64 { UInt64(clamping: since.milliseconds) << 2 | presence.rawValue }
}
