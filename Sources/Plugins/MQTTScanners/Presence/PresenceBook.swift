import Crypto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Knows which devices are online, and tells when one goes or comes back: once, also across restarts.
///
/// How a device stood last is stored beside the journal's cursors. A device whose first word is `offline` is no news: nobody missed it.
struct PresenceBook {
    private let context: SourceContext
    /// Of the devices that were heard of in this run; `.some(nil)` for one that never told.
    private var marks: [String: PresenceMark?] = [:]
    private var offline: Set<String> = []

    init(_ context: SourceContext) { self.context = context }

    /// Takes a device's word. Throws if what it means could not be stored or told; then the same word has to come again.
    mutating func take(_ status: DeviceStatus, of device: String, isRetained: Bool) async throws {
        let now = context.now()
        var isLate = false
        context.devices.update(device, of: context.name) { record in
            if let session = status.session, let known = record.session, session < known {
                isLate = true
                return
            }
            record.session = status.session ?? record.session
            record.battery = status.battery ?? record.battery
            record.firmware = status.firmware ?? record.firmware
            record.model = status.model ?? record.model
            if status.isOnline, !isRetained { record.lastSeen = now }
        }
        if isLate { return }
        try await change(
            device, to: status.isOnline ? .online : .offline,
            reason: status.isOnline ? "it says so" : "its status says so, or its will", now)
    }

    /// Whether the last word of a device was that it is offline.
    func isOffline(_ device: String) -> Bool { offline.contains(device) }

    /// A device did something, so it is online, whatever was said of it.
    mutating func noteSign(of device: String) async throws {
        guard offline.contains(device) else { return }
        try await change(device, to: .online, reason: "it scanned", context.now())
    }

    private mutating func change(
        _ device: String, to presence: PresenceMark.Presence, reason: String, _ now: Timestamp
    ) async throws {
        let known = try await mark(of: device)
        guard known?.presence != presence else { return show(device, known) }
        if let known {
            let record = context.devices.record(of: device, at: context.name)
            let change = DeviceChanged(
                device: device, source: context.name, isOnline: presence == .online, lastSeen: record?.lastSeen ?? known.since,
                reason: reason)
            let command = Command(
                id: Self.id(context.name, device, known), source: context.name, action: .report(.device(change)))
            if case .rejected(let rejection) = await context.gateway.submit(command), !rejection.code.isFinal { throw rejection }
        }
        let mark = PresenceMark(presence, since: now)
        try await context.deviceBookmark(device).store(mark.number)
        marks[device] = .some(mark)
        show(device, mark)
    }

    private mutating func mark(of device: String) async throws -> PresenceMark? {
        if let known = marks[device] { return known }
        let mark = try await context.deviceBookmark(device).load().flatMap { PresenceMark($0) }
        if marks.count >= context.devices.limit { marks.removeAll() }
        marks[device] = .some(mark)
        return mark
    }

    private mutating func show(_ device: String, _ mark: PresenceMark?) {
        guard let mark else { return }
        if mark.presence == .offline, offline.count < context.devices.limit {
            offline.insert(device)
        } else {
            offline.remove(device)
        }
        context.devices.update(device, of: context.name) {
            $0.presence = mark.presence == .online ? .online : .offline
            $0.since = mark.since
        }
    }

    /// The same for the same change, so that a crash between telling and storing does not tell twice.
    private static func id(_ source: String, _ device: String, _ before: PresenceMark) -> String {
        let digest = SHA256.hash(data: Array("\(source)/\(device)/\(before.number)".utf8))
        return "presence-" + digest.prefix(16).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
