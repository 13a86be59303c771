import Mosquitto
import TallywireCore

@testable import MQTTScanners

/// What devices write in each format, by the first byte of an input.
private let interpreters: [ScanInterpreter] = {
    guard let topic = try? ScanTopic(template: "scanners/{device}/scan") else { fatalError("the template is not one any more") }
    let formats: [PayloadFormat?] = [nil, .tallywire] + PayloadFormat.vendors.map { .vendor($0) }
    return formats.map { format in
        let settings = DeviceSettings(
            operation: .subtract, location: "WH1", quantity: 3, payload: format, bounce: .seconds(3), tagWindow: .seconds(60))
        return ScanInterpreter(
            source: "mqtt-scanners", topic: topic,
            devices: DeviceSettingsTable(["*": settings]),
            defaultLocation: "MAIN", lineLimit: 10, clockSkew: .seconds(300))
    }
}()

/// A payload becomes scans, movements and decisions, and its times are compared with those of the scan before it.
@Sendable func readScan(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    var interpreter = interpreters[Int(first) % interpreters.count]
    let message = InboundMessage(topic: "scanners/dock-1/scan", payload: Array(bytes.dropFirst()), packetID: 1)
    guard case .order(let order) = interpreter.meaning(of: message, now: Shop.now, makeID: { "made" }) else { return }
    var bounces = BounceWindow()
    var tags = TagWindow()
    for item in order.items {
        Shop.decide(order.command(for: item))
        let times =
            [TimeSpan(earliest: Shop.now, latest: Shop.now)] + [item.movement.occurredAt.map { TimeSpan(earliest: $0, latest: $0) }]
        for time in times + times.reversed() { _ = bounces.note(item.key, of: "dock-1", at: time, window: .seconds(3)) }
        for time in times.compactMap(\.self) { _ = tags.see(item.key, by: "dock-1", at: time.latest, window: .seconds(60)) }
    }
}
