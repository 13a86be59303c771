/// What a warehouse asks of a label.
extension GS1Message {
    /// The trade item: (01) of what carries the symbol, else (02) of what is in it, else (03) of what was made to order.
    public var gtin: GTIN? {
        for element in elements {
            switch element.applicationIdentifier.number {
            case 1, 2, 3: return GTIN(verified: Self.number(element.value))
            default: continue
            }
        }
        return nil
    }

    /// The trade items in a logistic unit: (02). How many is ``count``.
    public var containedGTIN: GTIN? {
        self[.containedGTIN].map { GTIN(verified: Self.number($0)) }
    }

    /// The logistic unit: (00).
    public var sscc: SSCC? {
        self[.sscc].map { SSCC(verified: Self.number($0)) }
    }

    /// The batch or lot: (10).
    public var batch: String? { self[.batch] }

    /// The serial number: (21).
    public var serial: String? { self[.serial] }

    /// How many: (37) trade items in a logistic unit, or (30) pieces in an item of variable measure.
    public var count: Int? {
        (self[.count] ?? self[.variableCount]).map { Int(Self.number($0)) }
    }

    /// Until when it may be used: (17), or (7003) without its time.
    public func expiry(referenceYear: Int) -> CalendarDate? {
        let timed = ApplicationIdentifier(number: 7003, digitCount: 4)
        return (element(.expiry) ?? element(timed))?.date(referenceYear: referenceYear)
    }

    /// Until when it is best: (15).
    public func bestBefore(referenceYear: Int) -> CalendarDate? {
        element(.bestBefore)?.date(referenceYear: referenceYear)
    }

    /// When it was made: (11).
    public func productionDate(referenceYear: Int) -> CalendarDate? {
        element(.productionDate)?.date(referenceYear: referenceYear)
    }

    /// The country it is from: (422), three digits of ISO 3166-1.
    public var countryOfOrigin: String? { self[.origin] }

    /// A place: the first of (410) to (417) that is there.
    public var location: GLN? {
        for element in elements where (410...417).contains(element.applicationIdentifier.number) {
            return GLN(verified: Self.number(element.value))
        }
        return nil
    }

    /// All measures, in the order of the elements.
    public var measures: [Measure] { elements.compactMap(\.measure) }

    /// The first measure of this kind, in whatever unit the label has it.
    public func measure(_ quantity: Measure.Quantity) -> Measure? {
        for element in elements {
            if let measure = element.measure, measure.quantity == quantity { return measure }
        }
        return nil
    }

    /// What it weighs without packaging: (310n) in kilograms, (320n) in pounds or (356n) in troy ounces.
    public var netWeight: Measure? { measure(.netWeight) }

    /// The number that the digits of a checked value are.
    private static func number(_ digits: String) -> UInt64 {
        digits.utf8.reduce(0) { $0 &* 10 &+ UInt64($1 &- 0x30) }
    }
}
