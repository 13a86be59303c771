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

    /// A device's word.
    struct Word {
        let device: String
        let status: DeviceStatus
        let isRetained: Bool
    }

    /// A device that went, or came back.
    private struct Change {
        let device: String
        let presence: PresenceMark.Presence
        let reason: String
    }

    /// Takes the words of several devices, one of each, which are told together: when a broker comes back, all its devices speak at once. Throws
    /// if what they mean could not be stored or told; then the same words have to come again.
    mutating func take(_ words: [Word]) async throws {
        let now = context.now()
        try await change(
            words.filter { note($0, now) }.map { word in
                let isOnline = word.status.isOnline
                return Change(
                    device: word.device, presence: isOnline ? .online : .offline,
                    reason: isOnline ? "it says so" : "its status says so, or its will")
            }, now)
    }

    /// Notes what a device says of itself. Answers whether it is of its newest session.
    private func note(_ word: Word, _ now: Timestamp) -> Bool {
        let status = word.status
        var isLate = false
        context.devices.update(word.device, of: context.name) { record in
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

    /// Whether the last word of a device was that it is offline.
    func isOffline(_ device: String) -> Bool { offline.contains(device) }

    /// Devices did something, so they are online, whatever was said of them.
    mutating func noteSigns(of devices: some Sequence<String>) async throws {
        let back = Set(devices).intersection(offline).sorted()
        try await change(back.map { Change(device: $0, presence: .online, reason: "it scanned") }, context.now())
    }

    private mutating func change(_ changes: [Change], _ now: Timestamp) async throws {
        var news: [Change] = []
        var commands: [Command] = []
        for change in changes {
            let known = try await mark(of: change.device)
            guard known?.presence != change.presence else {
                show(change.device, known)
                continue
            }
            news.append(change)
            guard let known else { continue }
            let record = context.devices.record(of: change.device, at: context.name)
            let report = DeviceChanged(
                device: change.device, source: context.name, isOnline: change.presence == .online,
                lastSeen: record?.lastSeen ?? known.since, reason: change.reason)
            commands.append(
                Command(id: Self.id(context.name, change.device, known), source: context.name, action: .report(.device(report))))
        }
        let refusals = await context.gateway.submit(commands).compactMap(\.rejection)
        if let refusal = refusals.first(where: { !$0.code.isFinal }) { throw refusal }
        let mark = { PresenceMark($0, since: now) }
        for change in news {
            let mark = mark(change.presence)
            try await context.deviceBookmark(change.device).store(mark.number)
            marks[change.device] = .some(mark)
            show(change.device, mark)
        }
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
