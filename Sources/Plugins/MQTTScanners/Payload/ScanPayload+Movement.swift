import TallywireCore

extension ScanPayload {
    /// The movements that a device asks for: one, or one for each scan. Tags that name no item are left out.
    ///
    /// Refused here is only what a `Movement` cannot express; what needs the catalogue is refused by the engine.
    func items(_ defaults: ScanDefaults) throws(MalformedScan) -> [ScanOrder.Item] {
        var items: [ScanOrder.Item] = []
        for (index, scan) in scans.enumerated() {
            let path = grouping == .one ? "" : "[\(index)]."
            guard let line = try line(of: scan, at: path, defaults) else { continue }
            if grouping == .apart || items.isEmpty {
                let movement = Movement(reason: scan.reason, occurredAt: scan.occurredAt, lines: [line])
                items.append(ScanOrder.Item(movement: movement, index: index, key: scan.key, isTag: scan.isTag))
            } else {
                try items[0].join(scan, line, at: path, id: id)
            }
        }
        for index in items.indices { items[index].movement.reason = items[index].movement.reason ?? defaults.settings.reason }
        return items
    }

    private func line(
        of scan: Scan, at path: String, _ defaults: ScanDefaults
    ) throws(MalformedScan) -> Movement.Line? {
        let settings = defaults.settings
        guard let reading = try reading(of: scan, at: path, defaults) else { return nil }
        guard let operation = scan.operation ?? settings.operation else {
            throw MalformedScan(
                "\(path)operation is missing, and the device “\(defaults.device)” has none under devices in plugins.json")
        }
        let quantity = (scan.quantity ?? settings.quantity ?? 1).multipliedReportingOverflow(by: reading.count)
        guard !quantity.overflow else { throw MalformedScan("\(path)quantity is too large for what the code counts") }
        return Movement.Line(
            item: reading.item, location: scan.location ?? settings.location ?? defaults.location, operation: operation,
            quantity: quantity.partialValue,
            destination: scan.destination ?? (operation == .transfer ? settings.destination : nil), expected: scan.expected,
            trace: reading.trace)
    }

    /// What the scan names; `nil` for a tag that is no item's.
    private func reading(of scan: Scan, at path: String, _ defaults: ScanDefaults) throws(MalformedScan) -> CodeReading? {
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
                throw MalformedScan(path + error.description)
            }
        }
    }
}

extension ScanOrder.Item {
    /// Adds a scan's line to the movement, of which there is one.
    fileprivate mutating func join(_ scan: Scan, _ line: Movement.Line, at path: String, id: String?) throws(MalformedScan) {
        if let own = scan.id, own != id {
            throw MalformedScan("\(path)id is another than the first scan's; one movement has one id")
        }
        if let reason = scan.reason {
            guard movement.reason == nil || movement.reason == reason else {
                throw MalformedScan("\(path)reason is another than before; one movement has one reason")
            }
            movement.reason = reason
        }
        if let occurredAt = scan.occurredAt {
            guard movement.occurredAt == nil || movement.occurredAt == occurredAt else {
                throw MalformedScan("\(path)occurredAt is another than before; one movement happened at one time")
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
