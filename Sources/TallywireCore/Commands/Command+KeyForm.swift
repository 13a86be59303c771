/// Every name has one form everywhere: a text that names something is brought to ``Swift/String/keyForm`` before it is checked.
extension Command {
    /// The command with every name in key form: device, items, locations, batches and serial numbers. Names that are far too long
    /// stay as they are: ``validate()`` refuses them, and normalizing them could cost more than all other work.
    public func inKeyForm() -> Command {
        guard !action.hasKeyForm || device.map(\.isKeyForm) == false else { return self }
        var command = self
        command.device = device.map { KeyForm.of($0, Limits.deviceLength) }
        command.action = action.inKeyForm
        return command
    }
}

extension Command.Action {
    /// Whether ``inKeyForm`` surely changes nothing. This is a quick check, since most commands need no change and a copy costs
    /// time.
    fileprivate var hasKeyForm: Bool {
        guard case .move(let movement) = self else { return false }
        return movement.lines.allSatisfy(\.hasKeyForm)
    }

    fileprivate var inKeyForm: Command.Action {
        switch self {
        case .move(var movement):
            for index in movement.lines.indices { movement.lines[index].bringToKeyForm() }
            return .move(movement)
        case .reverse(var reversal):
            if case .movement(let id, let device?) = reversal.subject {
                reversal.subject = .movement(id: id, device: KeyForm.of(device, Limits.deviceLength))
            }
            return .reverse(reversal)
        case .createLocation(let location):
            return .createLocation(
                Location(
                    code: KeyForm.of(location.code, Limits.locationCodeLength), name: location.name, sells: location.sells,
                    priority: location.priority))
        case .updateLocation(let code, let update): return .updateLocation(KeyForm.of(code, Limits.locationCodeLength), update)
        case .removeLocation(let code): return .removeLocation(KeyForm.of(code, Limits.locationCodeLength))
        case .createProduct(var product):
            product.content =
                switch product.content {
                case .single(let variant): .single(variant.inKeyForm)
                case .variants(let variants): .variants(variants.map(\.inKeyForm))
                }
            return .createProduct(product)
        case .addVariant(let product, let variant): return .addVariant(product, variant.inKeyForm)
        case .updateVariant(let variant, var update):
            update.sku = update.sku.map { KeyForm.of($0, Limits.skuLength) }
            update.barcodes = update.barcodes?.map(\.inKeyForm)
            update.thresholds = update.thresholds?.inKeyForm
            return .updateVariant(variant, update)
        case .reserve(var new):
            for index in new.lines.indices {
                new.lines[index].item = new.lines[index].item.inKeyForm
                new.lines[index].locations = new.lines[index].locations?.map { KeyForm.of($0, Limits.locationCodeLength) }
            }
            return .reserve(new)
        case .useReservation(var use):
            use.lines = use.lines?.map { line in
                ReservationUse.Line(
                    item: line.item.inKeyForm, quantity: line.quantity,
                    location: line.location.map { KeyForm.of($0, Limits.locationCodeLength) })
            }
            return .useReservation(use)
        case .openCount(var new):
            new.location = KeyForm.of(new.location, Limits.locationCodeLength)
            new.scope = StockCount.Scope(
                skus: new.scope.skus?.map { KeyForm.of($0, Limits.skuLength) },
                prefix: new.scope.prefix.map { KeyForm.of($0, Limits.skuLength) })
            return .openCount(new)
        case .useCount(var use):
            guard case .count(let lines, let replaces) = use.kind else { return self }
            use.kind = .count(
                lines.map { CountUse.Line(item: $0.item.inKeyForm, quantity: $0.quantity, countedAt: $0.countedAt) },
                replaces: replaces)
            return .useCount(use)
        case .updateProduct, .removeProduct, .removeVariant, .report, .acknowledge, .endReservation: return self
        }
    }
}

extension Movement.Line {
    fileprivate var hasKeyForm: Bool {
        let isItemFine =
            switch item {
            case .sku(let sku): sku.isKeyForm
            case .barcode(let code): code.isKeyForm
            case .variant: true
            }
        return isItemFine && location.map(\.isKeyForm) != false && destination.map(\.isKeyForm) != false && trace.isEmpty
    }

    fileprivate mutating func bringToKeyForm() {
        item = item.inKeyForm
        location = location.map { KeyForm.of($0, Limits.locationCodeLength) }
        destination = destination.map { KeyForm.of($0, Limits.locationCodeLength) }
        trace.batch = trace.batch.map { KeyForm.of($0, Limits.traceLength) }
        trace.serial = trace.serial.map { KeyForm.of($0, Limits.traceLength) }
    }
}

extension ItemReference {
    fileprivate var inKeyForm: ItemReference {
        switch self {
        case .sku(let sku): .sku(KeyForm.of(sku, Limits.skuLength))
        case .barcode(let code): .barcode(KeyForm.of(code, Limits.barcodeLength))
        case .variant: self
        }
    }
}

extension NewVariant {
    fileprivate var inKeyForm: NewVariant {
        var variant = self
        variant.sku = KeyForm.of(sku, Limits.skuLength)
        variant.barcodes = barcodes.map(\.inKeyForm)
        variant.thresholds = thresholds.inKeyForm
        return variant
    }
}

extension [ThresholdChange] {
    /// In order of location, so that the order in which they were written has no meaning.
    fileprivate var inKeyForm: [ThresholdChange] {
        map { ThresholdChange(location: KeyForm.of($0.location, Limits.locationCodeLength), rule: $0.rule) }
            .sorted { $0.location < $1.location }
    }
}

extension Barcode {
    fileprivate var inKeyForm: Barcode { Barcode(code: KeyForm.of(code, Limits.barcodeLength), units: units) }
}

private enum KeyForm {
    /// The key form of a text that may have at most `length` scalars. A text of more than sixteen times as many bytes stays as it
    /// is.
    static func of(_ text: String, _ length: Int) -> String { text.utf8.count > 16 * length ? text : text.keyForm }
}
