import GS1

/// The meaning of a command, in sixteen bytes. It tells a repeat of a command from another command with the same id.
///
/// Two commands mean the same if they say the same after defaults are filled in. They also mean the same if they resolve to the
/// same: a barcode and the SKU of its variant are equal as long as the catalogue says so. Who brings a command, and by which
/// transport, does not matter. The hashes are made by ``FNV1a``, from text byte by byte and from numbers as a whole. They guard
/// against mistakes of honest callers and not against forgery, since a caller can only confuse its own ids.
public struct CommandFingerprint: Hashable, Sendable {
    /// The hash of the command as it was written.
    public let written: UInt64
    /// The hash of the command with each item resolved to its variant and counted in units.
    public let resolved: UInt64

    public init(written: UInt64, resolved: UInt64) {
        self.written = written
        self.resolved = resolved
    }

    /// Whether the two commands mean the same.
    public func means(_ other: CommandFingerprint) -> Bool {
        written == other.written || resolved == other.resolved
    }
}

extension InventoryState {
    /// The fingerprint of `action`, resolved by the current catalogue.
    public func fingerprint(of action: Command.Action) -> CommandFingerprint {
        var written = FNV1a()
        written.combine(action) { $0 }
        guard case .move = action else { return CommandFingerprint(written: written.value, resolved: written.value) }
        var resolved = FNV1a()
        resolved.combine(action) { line in
            guard let (variant, units) = resolve(line.item) else { return line }
            var line = line
            line.item = .variant(variant)
            line.quantity = line.quantity.multipliedReportingOverflow(by: units).partialValue
            return line
        }
        return CommandFingerprint(written: written.value, resolved: resolved.value)
    }
}

/// The hash is made over fields. Each field has a tag or a length, so that neighbouring fields cannot be confused.
extension FNV1a {
    fileprivate mutating func tag(_ byte: UInt8) { combine(byte) }

    /// A number is hashed in one step. The shift brings its upper half down, and the next multiplication spreads it.
    fileprivate mutating func combine(_ number: Int64) {
        combine(UInt64(bitPattern: number))
        value ^= value >> 32
    }

    fileprivate mutating func combine(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            combine(Int64(utf8.count))
            for byte in utf8 { tag(byte) }
        }
    }

    fileprivate mutating func combineIfPresent<Value>(_ value: Value?, _ combineValue: (inout FNV1a, Value) -> Void) {
        tag(value == nil ? 0 : 1)
        if let value { combineValue(&self, value) }
    }

    fileprivate mutating func combine(_ text: String?) { combineIfPresent(text) { $0.combine($1) } }
    fileprivate mutating func combine(_ number: Int64?) { combineIfPresent(number) { $0.combine($1) } }
    fileprivate mutating func combine(_ price: Price?) { combine(price?.hundredths) }
    fileprivate mutating func combine(_ price: Price??) { combineIfPresent(price) { $0.combine($1) } }

    fileprivate mutating func combine(_ action: Command.Action, line: (Movement.Line) -> Movement.Line) {
        switch action {
        case .move(let movement):
            tag(1)
            combine(movement.reason)
            combine(movement.reference)
            combine(movement.occurredAt?.milliseconds)
            combine(Int64(movement.lines.count))
            for original in movement.lines { combine(line(original)) }
        case .createLocation(let location):
            tag(2)
            combine(location.code)
            combine(location.name)
            tag(location.sells ? 1 : 0)
            // Without a priority, a location keeps the fingerprint that it had before priorities existed. So does a change of a
            // variant without a SKU.
            if location.priority != 0 { combine(location.priority) }
        case .updateLocation(let code, let update):
            tag(13)
            combine(code)
            combine(update.name)
            combineIfPresent(update.sells) { $0.tag($1 ? 1 : 0) }
            combine(update.priority)
        case .removeLocation(let code):
            tag(14)
            combine(code)
        case .createProduct(let product):
            tag(3)
            combine(product.id?.rawValue)
            combine(product.name)
            combine(product.status.rawValue)
            combine(product.price)
            switch product.content {
            case .single(let variant):
                tag(0)
                combine(variant)
            case .variants(let variants):
                tag(1)
                combine(Int64(variants.count))
                for variant in variants { combine(variant) }
            }
        case .updateProduct(let id, let update):
            tag(4)
            combine(id.rawValue)
            combine(update.name)
            combine(update.status?.rawValue)
            combine(update.price)
        case .removeProduct(let id):
            tag(5)
            combine(id.rawValue)
        case .addVariant(let id, let variant):
            tag(6)
            combine(id.rawValue)
            combine(variant)
        case .updateVariant(let id, let update):
            tag(7)
            combine(id.rawValue)
            combine(update.name)
            combine(update.price)
            combineIfPresent(update.barcodes) { $0.combine($1) }
            combine(update.threshold)
            combine(update.rearm)
            if let sku = update.sku { combine(sku) }
            if let thresholds = update.thresholds { combine(thresholds) }
        case .removeVariant(let id):
            tag(8)
            combine(id.rawValue)
        case .report(.device(let change)):
            tag(9)
            combine(change.device)
            tag(change.isOnline ? 1 : 0)
        case .report(.display(let change)):
            tag(10)
            combine(change.sku)
            combine(change.location)
            combine(change.wantedVersion)
            tag(change.isStale ? 1 : 0)
        case .report(.setAside(let message)):
            tag(12)
            combine(message.device)
            combine(message.topic)
        case .acknowledge(let reply):
            tag(11)
            combine(reply.variant.rawValue)
            combine(Int64(bitPattern: reply.alertSeq))
            combine(reply.note)
        case .reserve(let new):
            tag(15)
            combine(new.reference)
            combine(new.end)
            tag(new.isPartial ? 1 : 0)
            combine(Int64(new.lines.count))
            for line in new.lines {
                combine(line.item)
                combine(line.quantity)
                combineIfPresent(line.locations) { hash, codes in
                    hash.combine(Int64(codes.count))
                    for code in codes { hash.combine(code) }
                }
            }
        case .useReservation(let use):
            tag(16)
            combine(use.reservation)
            switch use.kind {
            case .capture(let keepsRest): tag(keepsRest ? 2 : 1)
            case .release: tag(0)
            }
            combine(use.reason)
            combineIfPresent(use.lines) { hash, lines in
                hash.combine(Int64(lines.count))
                for line in lines {
                    hash.combine(line.item)
                    hash.combine(line.quantity)
                    hash.combine(line.location)
                }
            }
        case .endReservation(let id, let end):
            tag(17)
            combine(id)
            combine(end)
        case .openCount(let new):
            tag(19)
            combine(new.location)
            combineIfPresent(new.scope.skus) { hash, skus in
                hash.combine(Int64(skus.count))
                for sku in skus { hash.combine(sku) }
            }
            combine(new.scope.prefix)
            tag(new.isBlind ? 1 : 0)
            combine(new.tolerance)
            combine(new.missing.rawValue)
        case .useCount(let use):
            tag(20)
            combine(use)
        case .reverse(let reversal):
            tag(18)
            combine(reversal.reason)
            switch reversal.subject {
            case .movement(let id, let device):
                tag(1)
                combine(id)
                combine(device)
            case .last(let source, _, let within):
                tag(2)
                combine(source)
                combine(within.wholeMilliseconds)
            }
        }
    }

    private mutating func combine(_ use: CountUse) {
        combine(use.count)
        switch use.kind {
        case .count(let lines, let replaces):
            tag(replaces ? 2 : 1)
            combine(Int64(lines.count))
            for line in lines {
                combine(line.item)
                combine(line.quantity)
                combine(line.countedAt?.milliseconds)
            }
        case .close(let reason):
            tag(3)
            combine(reason)
        case .post(let reason):
            tag(4)
            combine(reason)
        case .void: tag(5)
        }
    }

    private mutating func combine(_ end: NewReservation.End) {
        switch end {
        case .after(let duration):
            tag(1)
            combine(duration.wholeMilliseconds)
        case .at(let time):
            tag(2)
            combine(time.milliseconds)
        }
    }

    private mutating func combine(_ item: ItemReference) {
        switch item {
        case .sku(let sku):
            tag(1)
            combine(sku)
        case .barcode(let code):
            tag(2)
            combine(code)
        case .variant(let id):
            tag(3)
            combine(id.rawValue)
        }
    }

    private mutating func combine(_ line: Movement.Line) {
        combine(line.item)
        // Only a line with a reservation can have no location. A line with one keeps the fingerprint that it had before reservations
        // existed.
        if let location = line.location { combine(location) } else { tag(0) }
        combine(line.operation.rawValue)
        combine(line.quantity)
        combine(line.destination)
        combine(line.expected)
        if let reservation = line.reservation { combine(reservation) }
        // Lines of available units keep the fingerprint that they had before states existed.
        if line.fromState != .available || line.toState != .available {
            combine(line.fromState.rawValue)
            combine(line.toState.rawValue)
        }
        if line.allowsNegative { tag(3) }
        // Lines without a trace keep the fingerprint that they had before traces existed.
        guard !line.trace.isEmpty else { return }
        combine(line.trace.batch)
        combine(line.trace.serial)
        combine(line.trace.expiry?.description)
    }

    private mutating func combine(_ variant: NewVariant) {
        combine(variant.id?.rawValue)
        combine(variant.sku)
        combine(variant.name)
        combine(variant.price)
        combine(variant.barcodes)
        combine(variant.alerts.threshold)
        combine(variant.alerts.rearm)
        // Without thresholds of locations, a variant keeps the fingerprint that it had before they existed.
        if !variant.thresholds.isEmpty { combine(variant.thresholds) }
    }

    private mutating func combine(_ thresholds: [ThresholdChange]) {
        tag(2)
        combine(Int64(thresholds.count))
        for threshold in thresholds {
            combine(threshold.location)
            combineIfPresent(threshold.rule) { hash, rule in
                hash.combine(rule.threshold)
                hash.combine(rule.rearm)
            }
        }
    }

    private mutating func combine(_ barcodes: [Barcode]) {
        combine(Int64(barcodes.count))
        for barcode in barcodes {
            combine(barcode.code)
            combine(barcode.units)
        }
    }
}
