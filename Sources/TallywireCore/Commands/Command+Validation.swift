/// The checks of a command that need no stock.
extension Command {
    /// Why the command can never be applied as it is written; `nil` if it may be applied.
    public func validate() -> Rejection? {
        if let id, let rejection = Self.validate(id: id) { return rejection }
        if let device, let mistake = Self.mistake(inDevice: device) { return Rejection(.invalidRequest, mistake, field: "device") }
        if source.isEmpty || source.isLonger(than: Limits.sourceLength) {
            return Rejection(.invalidRequest, "a source has 1 to \(Limits.sourceLength) characters", field: "source")
        }
        do {
            try action.validate()
            return nil
        } catch {
            return error
        }
    }

    /// What is wrong with a device's name, which is a level of an MQTT topic and a part of a source; `nil` if nothing is.
    public static func mistake(inDevice name: String) -> String? {
        Check.mistake(inKey: name, length: Limits.deviceLength, what: "a device's name")
    }

    /// What is wrong with a location's code; `nil` if nothing is.
    public static func mistake(inLocation code: String) -> String? {
        Check.mistake(inKey: code, length: Limits.locationCodeLength, what: "a location code")
    }

    /// Why `id` cannot be the id of a command; `nil` if it can.
    public static func validate(id: String) -> Rejection? {
        let isPrintable = id.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        guard isPrintable, (1...Limits.movementIDLength).contains(id.utf8.count) else {
            return Rejection(
                .invalidRequest, "an id has 1 to \(Limits.movementIDLength) characters, all of them printable ASCII", field: "id")
        }
        return nil
    }
}

extension Command.Action {
    fileprivate func validate() throws(Rejection) {
        switch self {
        case .move(let movement): try movement.validate()
        case .reverse(let reversal): try reversal.validate()
        case .createLocation(let location):
            try Check.key(location.code, length: Limits.locationCodeLength, what: "a location code", field: "code")
            try Check.name(location.name, field: "name")
            try Check.units(location.priority, in: 0...Limits.largestPriority, field: "priority")
        case .updateLocation(let code, let update):
            try Check.reference(code, length: Limits.locationCodeLength, what: "a location code", field: "code")
            if let name = update.name { try Check.name(name, field: "name") }
            try Check.units(update.priority ?? 0, in: 0...Limits.largestPriority, field: "priority")
        case .removeLocation(let code):
            try Check.reference(code, length: Limits.locationCodeLength, what: "a location code", field: "code")
        case .createProduct(let product): try product.validate()
        case .updateProduct(_, let update):
            if let name = update.name { try Check.name(name, field: "name") }
        case .addVariant(_, let variant): try variant.validate(at: "")
        case .updateVariant(_, let update):
            if let sku = update.sku { try Check.key(sku, length: Limits.skuLength, what: "a SKU", field: "sku") }
            if let name = update.name { try Check.name(name, field: "name") }
            if let barcodes = update.barcodes { try Check.barcodes(barcodes, field: "barcodes") }
            try Check.units(update.threshold ?? 0, in: 0...Limits.largestQuantity, field: "lowStockThreshold")
            try Check.units(update.rearm ?? 0, in: 0...Limits.largestQuantity, field: "rearm")
            try Check.thresholds(update.thresholds ?? [], path: "")
        case .removeProduct, .removeVariant: break
        case .report(.device(let change)):
            try Check.text(change.device, length: Limits.sourceLength, field: "device")
            try Check.text(change.reason, length: Limits.reasonLength, field: "reason")
        case .report(.display(let change)):
            try Check.key(change.sku, length: Limits.skuLength, what: "a SKU", field: "sku")
            try Check.key(change.location, length: Limits.locationCodeLength, what: "a location code", field: "location")
        case .report(.setAside(let message)):
            try Check.text(message.device, length: Limits.sourceLength, field: "device")
            try Check.text(message.topic, length: Limits.sourceLength, field: "topic")
        case .acknowledge(let reply):
            try Check.text(reply.by, length: Limits.sourceLength, field: "by")
            try Check.text(reply.note, length: Limits.reasonLength, field: "note")
        case .reserve(let new): try new.validate()
        case .useReservation(let use): try use.validate()
        case .endReservation(let id, let end):
            try Check.commandID(id, field: "id")
            try end.validate()
        case .openCount(let new): try new.validate()
        case .useCount(let use): try use.validate()
        }
    }
}

extension Reversal {
    fileprivate func validate() throws(Rejection) {
        try Check.text(reason, length: Limits.reasonLength, field: "reason")
        switch subject {
        case .movement(let id, let device):
            if let rejection = Command.validate(id: id) { throw rejection }
            if let mistake = device.flatMap(Command.mistake(inDevice:)) {
                throw Rejection(.invalidRequest, mistake, field: "device")
            }
        case .last(let source, let device, _):
            try Check.text(source, length: Limits.sourceLength, field: "source")
            if let mistake = Command.mistake(inDevice: device) { throw Rejection(.invalidRequest, mistake, field: "device") }
        }
    }
}

extension NewReservation {
    fileprivate func validate() throws(Rejection) {
        try Check.text(reference, length: Limits.referenceLength, field: "reference")
        try end.validate()
        try Check.lines(lines.count, of: "a reservation")
        for (index, line) in lines.enumerated() {
            try Check.units(line.quantity, in: 1...Limits.largestQuantity, field: "lines[\(index)].quantity")
            try Check.item(line.item, line: index)
            guard let locations = line.locations else { continue }
            guard (1...Limits.linesPerReservation).contains(locations.count) else {
                throw Rejection(
                    .invalidRequest, "1 to \(Limits.linesPerReservation) locations are possible, not \(locations.count)",
                    field: "lines[\(index)].locations")
            }
            for (position, location) in locations.enumerated() {
                try Check.location(location, field: "lines[\(index)].locations[\(position)]")
            }
        }
    }
}

extension NewReservation.End {
    /// Whether a time is far enough from now is checked when the command is decided.
    fileprivate func validate() throws(Rejection) {
        guard case .after(let duration) = self, !Limits.reservationTime.contains(duration) else { return }
        throw Rejection(.invalidRequest, "a reservation lasts 1 second to 30 days", field: "ttl")
    }
}

extension ReservationUse {
    fileprivate func validate() throws(Rejection) {
        try Check.commandID(reservation, field: "id")
        try Check.text(reason, length: Limits.reasonLength, field: "reason")
        guard let lines else { return }
        try Check.lines(lines.count, of: "a list of lines")
        for (index, line) in lines.enumerated() {
            try Check.units(line.quantity, in: 1...Limits.largestQuantity, field: "lines[\(index)].quantity")
            try Check.item(line.item, line: index)
            if let location = line.location { try Check.location(location, field: "lines[\(index)].location") }
        }
    }
}

extension NewCount {
    fileprivate func validate() throws(Rejection) {
        try Check.location(location, field: "location")
        try Check.units(tolerance, in: 0...Limits.largestQuantity, field: "tolerance")
        try Check.text(by, length: Limits.sourceLength, field: "by")
        if let prefix = scope.prefix { try Check.reference(prefix, length: Limits.skuLength, what: "a prefix", field: "prefix") }
        guard let skus = scope.skus else { return }
        guard (1...Limits.linesPerCount).contains(skus.count) else {
            throw Rejection(
                .invalidRequest, "1 to \(Limits.linesPerCount) SKUs are possible, not \(skus.count)", field: "skus")
        }
        for (index, sku) in skus.enumerated() {
            try Check.reference(sku, length: Limits.skuLength, what: "a SKU", field: "skus[\(index)]")
        }
        guard Set(skus).count == skus.count else {
            throw Rejection(.invalidRequest, "a SKU is there twice, and once is enough", field: "skus")
        }
    }
}

extension CountUse {
    fileprivate func validate() throws(Rejection) {
        try Check.commandID(count, field: "id")
        try Check.text(by, length: Limits.sourceLength, field: "by")
        switch kind {
        case .count(let lines, _):
            guard (1...Limits.linesPerCount).contains(lines.count) else {
                throw Rejection(
                    .invalidRequest, "1 to \(Limits.linesPerCount) lines are possible, not \(lines.count)", field: "lines")
            }
            for (index, line) in lines.enumerated() {
                try Check.units(line.quantity, in: 0...Limits.largestQuantity, field: "lines[\(index)].quantity")
                try Check.item(line.item, line: index)
            }
        case .close(let reason), .post(let reason): try Check.text(reason, length: Limits.reasonLength, field: "reason")
        case .void: break
        }
    }
}

extension Movement {
    fileprivate func validate() throws(Rejection) {
        try Check.lines(lines.count, of: "a movement")
        try Check.text(reason, length: Limits.reasonLength, field: "reason")
        try Check.text(reference, length: Limits.referenceLength, field: "reference")
        for (index, line) in lines.enumerated() { try line.validate(at: index) }
    }
}

extension Movement.Line {
    fileprivate func validate(at index: Int) throws(Rejection) {
        let least = operation.leastQuantity
        guard (least...Limits.largestQuantity).contains(quantity) else {
            throw Rejection(
                .invalidRequest, "a quantity is a whole number from \(least) to \(Limits.largestQuantity)",
                field: "lines[\(index)].quantity")
        }
        switch (operation.hasDestination, destination) {
        case (true, nil):
            throw Rejection(.invalidRequest, "a transfer needs “to”, the location it goes to", field: "lines[\(index)].to")
        case (true, .some(let destination)):
            guard destination != location else {
                throw Rejection(.invalidRequest, "a transfer goes from one location to another", field: "lines[\(index)].to")
            }
        case (false, .some):
            throw Rejection(.invalidRequest, "only a transfer has “to”", field: "lines[\(index)].to")
        case (false, nil): break
        }
        if let expected, !(0...Limits.largestBalance).contains(expected) {
            throw Rejection(
                .invalidRequest, "an expected stock is a whole number from 0 to \(Limits.largestBalance)",
                field: "lines[\(index)].expected")
        }
        if operation == .count, expected != nil {
            throw Rejection(
                .invalidRequest, "a count has no “expected”: it says what is there", field: "lines[\(index)].expected")
        }
        try validateReservation(at: index)
        try validateStates(at: index)
        try Check.item(item, line: index)
        if let location { try Check.location(location, field: "lines[\(index)].location") }
        if let destination { try Check.location(destination, field: "lines[\(index)].to") }
        try Check.trace(trace.batch, field: "lines[\(index)].batch")
        try Check.trace(trace.serial, field: "lines[\(index)].serial")
    }
}

extension Movement.Line {
    /// Which states a line may name, and with which operation.
    private func validateStates(at index: Int) throws(Rejection) {
        func refusal(_ message: String, _ member: String) -> Rejection {
            Rejection(.invalidRequest, message, field: "lines[\(index)].\(member)")
        }
        let (from, to) = operation == .move ? ("from", "to") : ("fromState", "toState")
        guard operation.takesFromState || fromState == .available else {
            throw refusal("a \(operation.rawValue) takes units from no state", from)
        }
        guard operation.putsIntoState || toState == .available else {
            throw refusal("a \(operation.rawValue) brings units into no state", to)
        }
        guard operation != .move || fromState != toState else {
            throw refusal("a move goes from one state to another, and both are \(toState.rawValue)", to)
        }
        guard operation != .move || toState != .incoming else {
            throw refusal("units get on the way by a transfer or an add with “toState”:“incoming”", to)
        }
        guard operation != .transfer || fromState != .incoming else {
            throw refusal("units on the way are not at the location yet: move them to available first", from)
        }
        guard !allowsNegative || (operation == .subtract && fromState == .available) else {
            throw refusal("only a subtract of available units may have “negative”", "negative")
        }
    }

    private func validateReservation(at index: Int) throws(Rejection) {
        guard operation.hasReservation else {
            guard reservation == nil else {
                throw Rejection(
                    .invalidRequest, "only a capture has “reservation”, whose units it takes", field: "lines[\(index)].reservation")
            }
            guard location != nil else {
                throw Rejection(.invalidRequest, "a location is missing", field: "lines[\(index)].location")
            }
            return
        }
        guard let reservation else {
            throw Rejection(
                .invalidRequest, "a capture needs “reservation”, the id of the one whose units it takes",
                field: "lines[\(index)].reservation")
        }
        try Check.commandID(reservation, field: "lines[\(index)].reservation")
        guard expected == nil else {
            throw Rejection(.invalidRequest, "a capture has no “expected”", field: "lines[\(index)].expected")
        }
    }
}

extension NewProduct {
    fileprivate func validate() throws(Rejection) {
        try Check.id(id?.rawValue, field: "id")
        try Check.name(name, field: "name")
        switch content {
        case .single(let variant): try variant.validate(at: "")
        case .variants(let variants):
            guard (1...Limits.variantsPerProduct).contains(variants.count) else {
                throw Rejection(
                    .invalidRequest, "a product has 1 to \(Limits.variantsPerProduct) variants, or none and a SKU of its own",
                    field: "variants")
            }
            for (index, variant) in variants.enumerated() { try variant.validate(at: "variants[\(index)].") }
        }
    }
}

extension NewVariant {
    fileprivate func validate(at path: String) throws(Rejection) {
        try Check.id(id?.rawValue, field: path + "id")
        try Check.key(sku, length: Limits.skuLength, what: "a SKU", field: path + "sku")
        try Check.name(name, field: path + "name")
        try Check.barcodes(barcodes, field: path + "barcodes")
        try Check.units(alerts.threshold, in: 0...Limits.largestQuantity, field: path + "lowStockThreshold")
        try Check.units(alerts.rearm, in: 0...Limits.largestQuantity, field: path + "rearm")
        try Check.thresholds(thresholds, path: path)
    }
}

/// The rules for single values. `field` is evaluated only for a refusal, since every line of every movement is checked.
private enum Check {
    static func id(_ id: Int64?, field: @autoclosure () -> String) throws(Rejection) {
        guard let id, !(1...Limits.largestBalance).contains(id) else { return }
        throw Rejection(.invalidRequest, "an id is a whole number from 1 to \(Limits.largestBalance)", field: field())
    }

    static func lines(_ count: Int, of what: String) throws(Rejection) {
        guard count > 0 else { throw Rejection(.invalidRequest, "\(what) has at least one line", field: "lines") }
        guard count <= Limits.linesPerMovement else {
            throw Rejection(.invalidRequest, "\(what) has at most \(Limits.linesPerMovement) lines, not \(count)", field: "lines")
        }
    }

    static func item(_ item: ItemReference, line: Int) throws(Rejection) {
        switch item {
        case .sku(let sku): try reference(sku, length: Limits.skuLength, what: "a SKU", field: "lines[\(line)].sku")
        case .barcode(let code):
            try reference(code, length: Limits.barcodeLength, what: "a barcode", field: "lines[\(line)].barcode")
        case .variant: break
        }
    }

    static func location(_ code: String, field: @autoclosure () -> String) throws(Rejection) {
        try reference(code, length: Limits.locationCodeLength, what: "a location code", field: field())
    }

    static func thresholds(_ thresholds: [ThresholdChange], path: String) throws(Rejection) {
        guard thresholds.count <= Limits.thresholdsPerVariant else {
            throw Rejection(
                .invalidRequest, "a variant has at most \(Limits.thresholdsPerVariant) thresholds of locations",
                field: path + "thresholds")
        }
        var seen: Set<String> = []
        for threshold in thresholds {
            let field = path + threshold.field
            try location(threshold.location, field: field)
            guard seen.insert(threshold.location).inserted else {
                throw Rejection(
                    .invalidRequest, "the location “\(threshold.location.excerpt)” is there twice, and only one could count",
                    field: field)
            }
            guard let rule = threshold.rule else { continue }
            try units(rule.threshold, in: 0...Limits.largestQuantity, field: field + ".low")
            try units(rule.rearm, in: 0...Limits.largestQuantity, field: field + ".rearm")
        }
    }

    static func commandID(_ id: String, field: @autoclosure () -> String) throws(Rejection) {
        if var rejection = Command.validate(id: id) {
            rejection.field = field()
            throw rejection
        }
    }

    static func units(_ units: Int64, in range: ClosedRange<Int64>, field: @autoclosure () -> String) throws(Rejection) {
        guard !range.contains(units) else { return }
        throw Rejection(.invalidRequest, "a whole number from \(range.lowerBound) to \(range.upperBound) is wanted", field: field())
    }

    static func key(_ key: String, length: Int, what: String, field: @autoclosure () -> String) throws(Rejection) {
        if let mistake = mistake(inKey: key, length: length, what: what) {
            throw Rejection(.invalidRequest, mistake, field: field())
        }
    }

    /// What is wrong with a key that becomes a level of an MQTT topic; `nil` if nothing is. Separators and wildcards are not
    /// allowed, and neither is a combining mark at the beginning, which would be one character with the separator before it.
    static func mistake(inKey key: String, length: Int, what: String) -> String? {
        if let first = key.unicodeScalars.first, joinsWhatIsBefore(first) { return "\(what) cannot begin with a combining mark" }
        let isFit =
            !key.isEmpty && !key.isLonger(than: length)
            && key.unicodeScalars.allSatisfy { !isControl($0) && $0 != "/" && $0 != "+" && $0 != "#" }
        return isFit ? nil : "\(what) has 1 to \(length) characters, no control characters and none of / + #"
    }

    private static func joinsWhatIsBefore(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value >= 0x300 else { return false }
        let isJoiner = scalar == "\u{200D}"
        return isJoiner || scalar.properties.isGraphemeExtend || scalar.properties.generalCategory == .spacingMark
    }

    /// Checks the length of a key that may name nothing.
    static func reference(_ key: String, length: Int, what: String, field: @autoclosure () -> String) throws(Rejection) {
        guard key.isEmpty || key.isLonger(than: length) else { return }
        throw Rejection(.invalidRequest, "\(what) has 1 to \(length) characters", field: field())
    }

    static func name(_ name: String, field: @autoclosure () -> String) throws(Rejection) {
        guard !name.isEmpty, !name.isLonger(than: Limits.nameLength), !name.unicodeScalars.contains(where: isControl) else {
            throw Rejection(
                .invalidRequest, "a name has 1 to \(Limits.nameLength) characters and no control characters", field: field())
        }
    }

    static func text(_ text: String?, length: Int, field: @autoclosure () -> String) throws(Rejection) {
        guard let text, text.isLonger(than: length) else { return }
        throw Rejection(.invalidRequest, "at most \(length) characters are allowed", field: field())
    }

    static func trace(_ text: String?, field: @autoclosure () -> String) throws(Rejection) {
        guard let text else { return }
        guard !text.isEmpty, !text.isLonger(than: Limits.traceLength), text.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
            throw Rejection(
                .invalidRequest, "a batch or a serial number has 1 to \(Limits.traceLength) characters, no control characters",
                field: field())
        }
    }

    static func barcodes(_ barcodes: [Barcode], field: @autoclosure () -> String) throws(Rejection) {
        guard barcodes.count <= Limits.barcodesPerVariant else {
            throw Rejection(.invalidRequest, "a variant has at most \(Limits.barcodesPerVariant) barcodes", field: field())
        }
        for (index, barcode) in barcodes.enumerated() {
            guard !barcode.code.isEmpty, !barcode.code.isLonger(than: Limits.barcodeLength),
                !barcode.code.unicodeScalars.contains(where: { isControl($0) && $0 != "\u{1D}" })
            else {
                throw Rejection(
                    .invalidRequest, "a barcode has 1 to \(Limits.barcodeLength) characters and no control characters",
                    field: "\(field())[\(index)]")
            }
            try units(barcode.units, in: 1...Limits.largestPack, field: "\(field())[\(index)].units")
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}
