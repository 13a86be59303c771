/// The values of a label that a warehouse needs.
extension GS1Message {
    /// The trade item: (01) of the item with the symbol, else (02) of the items in it, else (03) of an item made to order.
    public var gtin: GTIN? {
        for element in elements {
            switch element.applicationIdentifier.number {
            case 1, 2, 3: return GTIN(verified: Self.number(element.value))
            default: continue
            }
        }
        return nil
    }

    /// The trade items in a logistic unit: (02). ``count`` says how many there are.
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

    /// The number of items: (37) trade items in a logistic unit, or (30) pieces in an item of variable measure.
    public var count: Int? {
        (self[.count] ?? self[.variableCount]).map { Int(Self.number($0)) }
    }

    /// Until when the item may be used: (17), or (7003) without its time.
    public func expiry(referenceYear: Int) -> CalendarDate? {
        let timed = ApplicationIdentifier(number: 7003, digitCount: 4)
        return (element(.expiry) ?? element(timed))?.date(referenceYear: referenceYear)
    }

    /// Best before: (15).
    public func bestBefore(referenceYear: Int) -> CalendarDate? {
        element(.bestBefore)?.date(referenceYear: referenceYear)
    }

    /// When the item was produced: (11).
    public func productionDate(referenceYear: Int) -> CalendarDate? {
        element(.productionDate)?.date(referenceYear: referenceYear)
    }

    /// The country of origin: (422), three digits of ISO 3166-1.
    public var countryOfOrigin: String? { self[.origin] }

    /// A location or a party: the first of (410) to (417) in the message.
    public var location: GLN? {
        for element in elements where (410...417).contains(element.applicationIdentifier.number) {
            return GLN(verified: Self.number(element.value))
        }
        return nil
    }

    /// All measures, in the order of the elements.
    public var measures: [Measure] { elements.compactMap(\.measure) }

    /// The first measure of this kind, in the label's unit.
    public func measure(_ quantity: Measure.Quantity) -> Measure? {
        for element in elements {
            if let measure = element.measure, measure.quantity == quantity { return measure }
        }
        return nil
    }

    /// The weight without packaging: (310n) in kilograms, (320n) in pounds or (356n) in troy ounces.
    public var netWeight: Measure? { measure(.netWeight) }

    /// The number in the digits of a checked value.
    private static func number(_ digits: String) -> UInt64 {
        digits.utf8.reduce(0) { $0 &* 10 &+ UInt64($1 &- 0x30) }
    }
}
