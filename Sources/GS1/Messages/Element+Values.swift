extension Element {
    /// The date that the value is, or with which it begins, for every identifier with a date: (11) to (17), (4324), (7003),
    /// (7251)….
    ///
    /// - Parameter referenceYear: the year by which the century of a two-digit year is chosen, usually the current one
    /// - Returns: nil if the identifier has no date, or the value is not a date.
    public func date(referenceYear: Int) -> CalendarDate? {
        guard let component = applicationIdentifier.definition?.components.first else { return nil }
        for linter in component.linters {
            switch linter {
            case .yymmdd, .yymmd0:
                return CalendarDate(yymmdd: value.prefix(6), referenceYear: referenceYear)
            case .yyyymmdd, .yyyymmd0:
                guard let digits = Int(value.prefix(8)) else { return nil }
                let day = digits % 100
                return CalendarDate(year: digits / 10_000, month: digits / 100 % 100, day: day == 0 ? nil : day)
            default:
                continue
            }
        }
        return nil
    }

    /// The decimal number in the value, for identifiers whose last digit says where the point is: 31nn to 36nn, and 39nn.
    ///
    /// In (391n) and (393n) it is the amount after the currency.
    public var decimal: ExactDecimal? {
        let number = applicationIdentifier.number
        guard applicationIdentifier.digitCount == 4 else { return nil }
        let digits: Substring
        switch number / 100 {
        case 31...36: digits = value[...]
        case 39: digits = [391, 393].contains(number / 10) ? value.dropFirst(3) : value[...]
        default: return nil
        }
        guard let mantissa = Int64(digits) else { return nil }
        return ExactDecimal(mantissa: mantissa, exponent: -Int(number % 10))
    }

    /// The amount of money in the value: (390n) to (393n) and (395n).
    public var amount: Amount? {
        guard [390, 391, 392, 393, 395].contains(applicationIdentifier.number / 10), let decimal else { return nil }
        let hasCurrency = [391, 393].contains(applicationIdentifier.number / 10)
        return Amount(value: decimal, currency: hasCurrency ? String(value.prefix(3)) : nil)
    }

    /// The measure in the value: 31nn to 36nn.
    public var measure: Measure? {
        guard applicationIdentifier.digitCount == 4,
            let kind = Measure.kinds[applicationIdentifier.number / 10], let decimal
        else { return nil }
        return Measure(quantity: kind.0, value: decimal, unit: kind.1)
    }
}
