/// A weight, length, area or volume, exactly as the label has it.
public struct Measure: Hashable, Sendable {
    /// What was measured.
    public let quantity: Quantity
    /// The measured value.
    public let value: ExactDecimal
    /// The unit of the value.
    public let unit: Unit

    /// The quantities that can be measured. "Logistic" means with packaging, of a pallet or parcel.
    public enum Quantity: String, Hashable, Sendable, CaseIterable {
        /// Weight without packaging.
        case netWeight
        /// Weight with packaging.
        case grossWeight
        /// Length, or the first dimension.
        case length
        /// Width, diameter, or the second dimension.
        case width
        /// Depth, thickness, height, or the third dimension.
        case height
        /// Area.
        case area
        /// Volume without packaging.
        case netVolume
        /// Length with packaging.
        case logisticLength
        /// Width with packaging.
        case logisticWidth
        /// Height with packaging.
        case logisticHeight
        /// Area with packaging.
        case logisticArea
        /// Volume with packaging.
        case logisticVolume
        /// Weight for each square metre.
        case massPerArea
    }

    /// The units of the application identifiers. Their raw values are their symbols.
    public enum Unit: String, Hashable, Sendable, CaseIterable {
        /// Kilograms.
        case kilograms = "kg"
        /// Pounds.
        case pounds = "lb"
        /// Troy ounces.
        case troyOunces = "ozt"
        /// Metres.
        case metres = "m"
        /// Inches.
        case inches = "in"
        /// Feet.
        case feet = "ft"
        /// Yards.
        case yards = "yd"
        /// Square metres.
        case squareMetres = "m²"
        /// Square inches.
        case squareInches = "in²"
        /// Square feet.
        case squareFeet = "ft²"
        /// Square yards.
        case squareYards = "yd²"
        /// Litres.
        case litres = "l"
        /// Cubic metres.
        case cubicMetres = "m³"
        /// Cubic inches.
        case cubicInches = "in³"
        /// Cubic feet.
        case cubicFeet = "ft³"
        /// Cubic yards.
        case cubicYards = "yd³"
        /// Fluid ounces of the US.
        case fluidOunces = "fl oz"
        /// Quarts of the US.
        case quarts = "qt"
        /// Gallons of the US.
        case gallons = "gal"
        /// Kilograms for each square metre.
        case kilogramsPerSquareMetre = "kg/m²"
    }
}

extension Measure: CustomStringConvertible {
    /// Like `1.250 kg`.
    public var description: String { "\(value) \(unit.rawValue)" }
}

extension Measure {
    /// The meaning of the first three digits of an identifier from 310n to 369n. GS1 General Specifications, sections "Trade
    /// measures" and "Logistic measures".
    static let kinds: [UInt16: (Quantity, Unit)] = [
        310: (.netWeight, .kilograms), 311: (.length, .metres), 312: (.width, .metres), 313: (.height, .metres),
        314: (.area, .squareMetres), 315: (.netVolume, .litres), 316: (.netVolume, .cubicMetres), 320: (.netWeight, .pounds),
        321: (.length, .inches), 322: (.length, .feet), 323: (.length, .yards), 324: (.width, .inches), 325: (.width, .feet),
        326: (.width, .yards), 327: (.height, .inches), 328: (.height, .feet), 329: (.height, .yards),
        330: (.grossWeight, .kilograms), 331: (.logisticLength, .metres), 332: (.logisticWidth, .metres),
        333: (.logisticHeight, .metres), 334: (.logisticArea, .squareMetres), 335: (.logisticVolume, .litres),
        336: (.logisticVolume, .cubicMetres), 337: (.massPerArea, .kilogramsPerSquareMetre), 340: (.grossWeight, .pounds),
        341: (.logisticLength, .inches), 342: (.logisticLength, .feet), 343: (.logisticLength, .yards),
        344: (.logisticWidth, .inches), 345: (.logisticWidth, .feet), 346: (.logisticWidth, .yards),
        347: (.logisticHeight, .inches), 348: (.logisticHeight, .feet), 349: (.logisticHeight, .yards),
        350: (.area, .squareInches), 351: (.area, .squareFeet), 352: (.area, .squareYards), 353: (.logisticArea, .squareInches),
        354: (.logisticArea, .squareFeet), 355: (.logisticArea, .squareYards), 356: (.netWeight, .troyOunces),
        357: (.netVolume, .fluidOunces), 360: (.netVolume, .quarts), 361: (.netVolume, .gallons),
        362: (.logisticVolume, .quarts), 363: (.logisticVolume, .gallons), 364: (.netVolume, .cubicInches),
        365: (.netVolume, .cubicFeet), 366: (.netVolume, .cubicYards), 367: (.logisticVolume, .cubicInches),
        368: (.logisticVolume, .cubicFeet), 369: (.logisticVolume, .cubicYards),
    ]
}

/// An amount of money, exactly as the label has it.
public struct Amount: Hashable, Sendable {
    /// The number of currency units.
    public let value: ExactDecimal
    /// The currency as three digits of ISO 4217; nil for the currency of the country where the label is read.
    public let currency: String?
}
