import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// What devices say of themselves.
extension ScanService {
    mutating func take(_ message: InboundMessage, ofStatusOf level: String) async -> Bool {
        let device = ScanDesk.name(level)
        // An empty retained message is how a status is taken away.
        guard Command.mistake(inDevice: device) == nil, !message.payload.isEmpty || message.isOversized else { return true }
        do throws(MalformedScan) {
            guard !message.isOversized else { throw MalformedScan("the payload is over the limit") }
            let status = try DeviceStatus(message.payload)
            return await untilDone("a device's status cannot be stored") { service in
                try await service.presence.take(status, of: device, isRetained: message.isRetained)
            }
        } catch {
            context.status.update { $0.malformed += 1 }
            context.devices.update(device, of: context.name) { $0.lastError = "its status: \(error.description)" }
            return true
        }
    }

    /// A device that scans is online, whatever becomes of the scan.
    mutating func noteSigns(of works: [(index: Int, work: Work)]) async -> Bool {
        for (_, work) in works where !work.message.isRedelivery && presence.isOffline(work.order.addressee.name) {
            let device = work.order.addressee.name
            let isDone = await untilDone("a device's status cannot be stored") { service in
                try await service.presence.noteSign(of: device)
            }
            guard isDone else { return false }
        }
        return true
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
