extension Measure {
    /// What the first three digits of an identifier from 310n to 369n mean. GS1 General Specifications, section "Trade measures" and
    /// "Logistic measures".
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
