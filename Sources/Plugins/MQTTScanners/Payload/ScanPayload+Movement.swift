import TallywireCore

extension ScanPayload {
    /// The movement that a device means: what the payload leaves out comes from the device's `settings`, then from
    /// `defaultLocation` and a quantity of 1. What still cannot be is left to the engine, but for what has no place in a movement.
    func movement(of device: String, _ settings: DeviceSettings, defaultLocation: String) throws(MalformedScan) -> Movement {
        func place(_ index: Int) -> String { isList ? "[\(index)]." : "" }
        var movement = Movement(lines: [])
        movement.lines.reserveCapacity(scans.count)
        for (index, scan) in scans.enumerated() {
            guard let operation = scan.operation ?? settings.operation else {
                throw MalformedScan(
                    "\(place(index))operation is missing, and the device “\(device)” has none under devices in plugins.json")
            }
            if let id = scan.id, id != self.id {
                throw MalformedScan("\(place(index))id is another than the first scan's; one movement has one id")
            }
            if let reason = scan.reason {
                guard movement.reason == nil || movement.reason == reason else {
                    throw MalformedScan("\(place(index))reason is another than before; one movement has one reason")
                }
                movement.reason = reason
            }
            if let occurredAt = scan.occurredAt {
                guard movement.occurredAt == nil || movement.occurredAt == occurredAt else {
                    throw MalformedScan("\(place(index))occurredAt is another than before; one movement happened at one time")
                }
                movement.occurredAt = occurredAt
            }
            movement.lines.append(
                Movement.Line(
                    item: scan.item, location: scan.location ?? settings.location ?? defaultLocation, operation: operation,
                    quantity: scan.quantity ?? settings.quantity ?? 1,
                    destination: scan.destination ?? (operation == .transfer ? settings.destination : nil), expected: scan.expected)
            )
        }
        movement.reason = movement.reason ?? settings.reason
        return movement
    }
}
