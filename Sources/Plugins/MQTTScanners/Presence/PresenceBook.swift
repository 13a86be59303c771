import Crypto
import TallywireCore
import TallywirePipeline

/// Knows which devices are online, and says which reports follow from that: one when a device goes, one when it comes back, also across
/// restarts.
///
/// The journal keeps how a device stood last, as a ``PresenceMark``. If the first status ever seen of a device is `offline`, there is no
/// report.
struct PresenceBook {
    private let source: String
    private let registry: DeviceRegistry
    /// Of the devices that were heard of in this run; `.some(nil)` for one that has no mark yet.
    private var marks: [String: PresenceMark?] = [:]
    private var offline: Set<String> = []

    /// `registry` is told what devices say of themselves, under the name of `source`.
    init(source: String, registry: DeviceRegistry) {
        self.source = source
        self.registry = registry
    }

    /// A status that a device published.
    struct Word {
        let device: String
        let status: DeviceStatus
        let isRetained: Bool
    }

    /// A device that went, or came back.
    struct Change {
        let device: String
        /// Its mark from now on, which is stored once the report is on disk.
        let mark: PresenceMark
        /// `nil` for a device that had no mark.
        let report: Command?
    }

    // MARK: Marks

    /// Those among `devices` whose stored mark is not known yet.
    func unknown(among devices: Set<String>) -> [String] { devices.filter { marks[$0] == nil }.sorted() }

    /// Takes the stored marks of devices, `nil` where there is none.
    mutating func learn(_ stored: [String: UInt64?]) {
        // Anybody may publish under any number of names. What is forgotten is loaded again.
        if marks.count + stored.count > max(registry.limit, stored.count) { marks.removeAll() }
        for (device, number) in stored { marks[device] = .some(number.flatMap { PresenceMark($0) }) }
    }

    // MARK: What devices say and do

    /// Takes statuses in order. Returns what they change. The stored marks of all of these devices have to be known.
    mutating func take(_ words: [Word], at now: Timestamp) -> [Change] {
        words.filter { note($0, now) }.compactMap { word in
            let isOnline = word.status.isOnline
            return change(
                word.device, to: PresenceMark(isOnline ? .online : .offline, since: now),
                reason: isOnline ? "it says so" : "its status says so, or its will")
        }
    }

    /// Whether the last status of a device was `offline`.
    func isOffline(_ device: String) -> Bool { offline.contains(device) }

    /// Takes that devices scanned: so they are online, whatever their status said. Returns what that changes. The stored marks of those
    /// that are offline have to be known.
    mutating func noteSigns(of devices: some Sequence<String>, at now: Timestamp) -> [Change] {
        Set(devices).intersection(offline).sorted().compactMap {
            change($0, to: PresenceMark(.online, since: now), reason: "it scanned")
        }
    }

    /// Notes what a device says of itself. Returns whether the status is of the device's newest session.
    private func note(_ word: Word, _ now: Timestamp) -> Bool {
        let status = word.status
        var isLate = false
        registry.update(word.device, of: source) { record in
            if let session = status.session, let known = record.session, session < known {
                isLate = true
                return
            }
            record.session = status.session ?? record.session
            record.battery = status.battery ?? record.battery
            record.firmware = status.firmware ?? record.firmware
            record.model = status.model ?? record.model
            if status.isOnline, !word.isRetained { record.lastSeen = now }
        }
        return !isLate
    }

    private mutating func change(_ device: String, to mark: PresenceMark, reason: String) -> Change? {
        let known = marks[device] ?? nil
        guard known?.presence != mark.presence else {
            show(device, known)
            return nil
        }
        marks[device] = .some(mark)
        defer { show(device, mark) }
        guard let known else { return Change(device: device, mark: mark, report: nil) }
        let report = DeviceChanged(
            device: device, source: source, isOnline: mark.presence == .online,
            lastSeen: registry.record(of: device, at: source)?.lastSeen ?? known.since, reason: reason)
        return Change(
            device: device, mark: mark,
            report: Command(id: id(of: device, after: known), source: source, action: .report(.device(report))))
    }

    private mutating func show(_ device: String, _ mark: PresenceMark?) {
        guard let mark else { return }
        if mark.presence == .offline, offline.count < registry.limit {
            offline.insert(device)
        } else {
            offline.remove(device)
        }
        registry.update(device, of: source) {
            $0.presence = mark.presence == .online ? .online : .offline
            $0.since = mark.since
        }
    }

    /// The same for the same change, so that a crash between the report and the storing of its mark does not report twice.
    private func id(of device: String, after mark: PresenceMark) -> String {
        let digest = SHA256.hash(data: Array("\(source)/\(device)/\(mark.number)".utf8))
        return "presence-" + digest.prefix(16).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

/// What has to be known of a device's presence after a restart, in one number: whether it was online, and since when.
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

    /// `nil` for a number that is no mark.
    init?(_ number: UInt64) {
        guard let presence = Presence(rawValue: number & 3) else { return nil }
        self.init(presence, since: Timestamp(milliseconds: Int64(number >> 2)))
    }

    var number: UInt64 { UInt64(clamping: since.milliseconds) << 2 | presence.rawValue }
}
