import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// What devices say of themselves.
extension ScanService {
    /// What a message says of a device; `nil` if it says nothing that can be.
    func word(_ message: InboundMessage, ofStatusOf level: String) -> PresenceBook.Word? {
        let device = ScanDesk.name(level)
        // An empty retained message is how a status is taken away.
        guard Command.mistake(inDevice: device) == nil, !message.payload.isEmpty || message.isOversized else { return nil }
        do throws(MalformedScan) {
            guard !message.isOversized else { throw MalformedScan("the payload is over the limit") }
            return PresenceBook.Word(device: device, status: try DeviceStatus(message.payload), isRetained: message.isRetained)
        } catch {
            context.status.update { $0.malformed += 1 }
            context.devices.update(device, of: context.name) { $0.lastError = "its status: \(error.description)" }
            return nil
        }
    }

    /// Takes what a batch says of devices: one word of each at a time, in order, all of these together.
    mutating func take(_ words: [PresenceBook.Word]) async -> Bool {
        var rest = words
        while !rest.isEmpty {
            var devices: Set<String> = []
            let round = rest.filter { devices.insert($0.device).inserted }
            let isDone = await untilDone("devices' statuses cannot be stored") { try await $0.presence.take(round) }
            guard isDone else { return false }
            devices = []
            rest.removeAll { devices.insert($0.device).inserted }
        }
        return true
    }

    /// A device that scans is online, whatever becomes of the scan.
    mutating func noteSigns(of works: [(index: Int, work: Work)]) async -> Bool {
        var back: [String] = []
        for (_, work) in works where !work.message.isRedelivery && presence.isOffline(work.order.addressee.name) {
            back.append(work.order.addressee.name)
        }
        guard !back.isEmpty else { return true }
        return await untilDone("devices' statuses cannot be stored") { try await $0.presence.noteSigns(of: back) }
    }

    mutating func untilDone(
        _ problem: String, _ body: (inout ScanService) async throws -> Void
    ) async -> Bool {
        var failures = 0
        while true {
            do {
                try await body(&self)
                return true
            } catch {
                failures += 1
                guard await pause(failures, "\(problem): \(error)") else { return false }
            }
        }
    }
}
