import TallywireCore

/// What a device published: scans, and how they belong together.
struct ScanPayload: Equatable, Sendable {
    /// There is at least one.
    var scans: [Scan]
    var grouping = Grouping.one
    /// The device that scanned, if the payload names it while the topic names only its gateway.
    var device: String?
    /// How the sender wants to get its reply, if the device has a way of its own.
    var feedback: Feedback?

    enum Grouping: Equatable, Sendable {
        /// One scan.
        case one
        /// An array that is one movement. The reply has a line for each change.
        case together
        /// A batch of a reader. Each scan is a movement of its own, so that one that cannot be applied does not hold up another.
        case apart
    }

    /// A device's own way to get a reply.
    enum Feedback: Equatable, Sendable {
        case proGlove(gateway: String?, device: String)
    }

    init(scans: [Scan], grouping: Grouping = .one, device: String? = nil, feedback: Feedback? = nil) {
        self.scans = scans
        self.grouping = grouping
        self.device = device
        self.feedback = feedback
    }

    /// The id that the scanner gave. An array's id is that of its first element.
    var id: String? { scans.first?.id }

    /// Whether `byte` is white space of JSON, or the NUL with which some scanners end a code. The GS of GS1 belongs to the code and
    /// is not blank.
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A || byte == 0
    }

    /// The payload without white space before and after it.
    static func trimmed(_ payload: [UInt8]) -> ArraySlice<UInt8> {
        var rest = payload.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// Refuses a payload whose texts would take long to compare. Has to be called before any of them is compared.
    static func refuseMarks(in payload: [UInt8]) throws(MalformedScan) {
        guard let place = StreamSafeText.firstBreach(in: payload) else { return }
        throw MalformedScan("byte \(place) of the payload: \(StreamSafeText.mistake)")
    }

    /// The id in a payload that is wrong elsewhere, so that the sender can tell which message the reply belongs to.
    static func id(inMalformed payload: [UInt8]) -> String? {
        guard StreamSafeText.isKept(by: payload), let value = try? JSONReader.value(of: payload) else { return nil }
        let first = value.array?.first ?? value
        let ids = [first["id"]?.string] + PayloadFormat.vendors.map { $0.id(inMalformed: first) }
        guard let id = ids.lazy.compactMap(\.self).first, Command.validate(id: id) == nil else { return nil }
        return id
    }
}

extension MalformedScan {
    init(_ mistake: JSONReader.Mistake) { self.init("the payload is not JSON: \(mistake)") }
}

extension ScanPayload {
    /// The control code that the message is; `nil` if it is something else. A control code is a message by itself, without values that
    /// belong to a movement. `options` say what the device puts around its codes.
    func controlCode(_ options: CodeOptions?) throws(MalformedScan) -> ControlCode? {
        for (index, scan) in scans.enumerated() {
            guard case .code(var text) = scan.item else { continue }
            if let prefix = options?.prefix, text.hasPrefix(prefix) { text.removeFirst(prefix.count) }
            if let suffix = options?.suffix, text.hasSuffix(suffix) { text.removeLast(suffix.count) }
            let code: ControlCode?
            do throws(ControlCode.Mistake) { code = try ControlCode(text) } catch { throw MalformedScan(error.description) }
            guard let code else { continue }
            var bare = scan
            (bare.id, bare.reason, bare.occurredAt) = (nil, nil, nil)
            guard scans.count == 1, bare == Scan(item: scan.item) else {
                throw MalformedScan(
                    "\(scans.count == 1 ? "" : "[\(index)]: ")“\(text.excerpt)” is a control code: it stands alone in its message")
            }
            return code
        }
        return nil
    }

    /// Returns the movements that a device asks for: one, or one for each scan. Tags that name no item are left out.
    ///
    /// Only what a `Movement` cannot express is refused here. Checks that need the catalogue are the engine's.
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
        let states = try states(of: scan, operation, at: path)
        return Movement.Line(
            item: reading.item,
            // A capture of a device without a location takes the units wherever the reservation holds them.
            location: scan.location ?? settings.location ?? (operation.hasReservation ? nil : defaults.location),
            operation: operation, quantity: quantity.partialValue,
            destination: operation == .move
                ? nil : scan.destination ?? (operation.hasDestination ? settings.destination : nil),
            expected: scan.expected, trace: reading.trace,
            reservation: scan.reservation ?? (operation.hasReservation ? defaults.reservation : nil), fromState: states.from,
            toState: states.to,
            allowsNegative: settings.negative == .allow && operation == .subtract && states.from == .available)
    }

    /// The states of a scan. A move names them `from` and `to`, which are no locations.
    private func states(
        of scan: Scan, _ operation: Operation, at path: String
    ) throws(MalformedScan) -> (from: StockState, to: StockState) {
        guard operation == .move else {
            guard scan.from == nil else { throw MalformedScan("\(path)from is for a move alone") }
            return (scan.fromState ?? .available, scan.toState ?? .available)
        }
        guard scan.fromState == nil, scan.toState == nil else {
            throw MalformedScan("\(path)a move has from and to, and no fromState or toState")
        }
        func state(_ text: String?, _ key: String) throws(MalformedScan) -> StockState {
            guard let state = text.flatMap(StockState.init(rawValue:)) else {
                throw MalformedScan("\(path)\(key) of a move has to be \(StockState.expectation)")
            }
            return state
        }
        return (try state(scan.from, "from"), try state(scan.destination, "to"))
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
    /// Adds a scan's line to the message's only movement.
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

/// The values that fill in what a payload leaves out.
struct ScanDefaults {
    let device: String
    let settings: DeviceSettings
    let location: String
    /// The reservation whose units the device captures.
    var reservation: String?
    /// The current year, which tells the century of a date with a two-digit year.
    let year: Int
}
