import TallywireCore

extension ScanPayload {
    /// A movement that a message means.
    struct Part: Equatable, Sendable {
        var movement: Movement
        /// The place of its scan in the message.
        let index: Int
        /// What tells it from the scan of something else by the same device: the code or the tag.
        var key: String
        /// Whether it is a tag's, which is seen again and again.
        var isTag = false
    }

    /// The movements that a device means: one, or one for each scan. What still cannot be is left to the engine, but for what has no
    /// place in a movement. Tags that name no item are left out.
    func parts(_ defaults: ScanDefaults) throws(MalformedScan) -> [Part] {
        var parts: [Part] = []
        for (index, scan) in scans.enumerated() {
            let place = grouping == .one ? "" : "[\(index)]."
            guard let line = try line(of: scan, at: place, defaults) else { continue }
            if grouping == .apart || parts.isEmpty {
                let movement = Movement(reason: scan.reason, occurredAt: scan.occurredAt, lines: [line])
                parts.append(Part(movement: movement, index: index, key: scan.key, isTag: scan.isTag))
            } else {
                try parts[0].join(scan, line, at: place, id: id)
            }
        }
        for index in parts.indices { parts[index].movement.reason = parts[index].movement.reason ?? defaults.settings.reason }
        return parts
    }

    private func line(
        of scan: Scan, at place: String, _ defaults: ScanDefaults
    ) throws(MalformedScan) -> Movement.Line? {
        let settings = defaults.settings
        guard let reading = try reading(of: scan, at: place, defaults) else { return nil }
        guard let operation = scan.operation ?? settings.operation else {
            throw MalformedScan(
                "\(place)operation is missing, and the device “\(defaults.device)” has none under devices in plugins.json")
        }
        let quantity = (scan.quantity ?? settings.quantity ?? 1).multipliedReportingOverflow(by: reading.count)
        guard !quantity.overflow else { throw MalformedScan("\(place)quantity is too large for what the code counts") }
        return Movement.Line(
            item: reading.item, location: scan.location ?? settings.location ?? defaults.location, operation: operation,
            quantity: quantity.partialValue,
            destination: scan.destination ?? (operation == .transfer ? settings.destination : nil), expected: scan.expected,
            trace: reading.trace)
    }

    /// What the scan names; `nil` for a tag that is no item's.
    private func reading(of scan: Scan, at place: String, _ defaults: ScanDefaults) throws(MalformedScan) -> CodeReading? {
        switch scan.item {
        case .named(let item): return CodeReading(item: item, trace: scan.trace)
        case .tag(let tag): return CodeReading(tag: tag)
        case .code(let code):
            do throws(MalformedCode) {
                var reading = try CodeReading(code: code, defaults.settings.codes ?? CodeOptions(), year: defaults.year)
                reading.trace = Trace(
                    batch: scan.trace.batch ?? reading.trace.batch, serial: scan.trace.serial ?? reading.trace.serial,
                    expiry: scan.trace.expiry ?? reading.trace.expiry)
                return reading
            } catch {
                throw MalformedScan(place + error.description)
            }
        }
    }
}

extension ScanPayload.Part {
    /// Adds a scan's line to the movement, of which there is one.
    fileprivate mutating func join(_ scan: Scan, _ line: Movement.Line, at place: String, id: String?) throws(MalformedScan) {
        if let own = scan.id, own != id {
            throw MalformedScan("\(place)id is another than the first scan's; one movement has one id")
        }
        if let reason = scan.reason {
            guard movement.reason == nil || movement.reason == reason else {
                throw MalformedScan("\(place)reason is another than before; one movement has one reason")
            }
            movement.reason = reason
        }
        if let occurredAt = scan.occurredAt {
            guard movement.occurredAt == nil || movement.occurredAt == occurredAt else {
                throw MalformedScan("\(place)occurredAt is another than before; one movement happened at one time")
            }
            movement.occurredAt = occurredAt
        }
        movement.lines.append(line)
        key += "\n" + scan.key
    }
}

extension Scan {
    fileprivate var isTag: Bool { if case .tag = item { true } else { false } }

    fileprivate var key: String {
        switch item {
        case .code(let code): code
        case .tag(let tag): tag
        case .named(let item): "\(item)"
        }
    }
}
