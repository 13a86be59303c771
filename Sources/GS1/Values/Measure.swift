/// A weight, length, area or volume, exactly as the label has it.
public struct Measure: Hashable, Sendable {
    /// What was measured.
    public let quantity: Quantity
    /// How much.
    public let value: ExactDecimal
    /// The unit it is in.
    public let unit: Unit

    /// What can be measured. "Logistic" is with packaging, of a pallet or parcel.
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

    /// The units of the application identifiers, by their symbols.
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
