/// Checks of North American coupon codes.
///
/// GS1 US, "North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols": fields in a fixed order, followed by
/// optional fields that begin with their number.
extension Linter {
    static func couponCode(_ data: Span<UInt8>) -> Finding? {
        do throws(Finding) {
            try readCouponCode(data)
            return nil
        } catch {
            return error
        }
    }

    static func couponPositiveOffer(_ data: Span<UInt8>) -> Finding? {
        do throws(Finding) {
            try readPositiveOffer(data)
            return nil
        } catch {
            return error
        }
    }

    private static func readCouponCode(_ data: Span<UInt8>) throws(Finding) {
        if let finding = firstOutside(.n, data, .nonDigit) { throw finding }
        var reader = CouponReader()
        try reader.variable(.companyPrefix, 0...6, plus: 6, in: data)
        try reader.fixed(.offerCode, 6, in: data)
        try reader.variable(.saveValue, 1...5, plus: 0, in: data)
        try reader.variable(.firstRequirement, 1...5, plus: 0, in: data)
        try reader.choice(.firstRequirementCode, of: requirementCodes, in: data)
        try reader.fixed(.firstFamily, 3, in: data)
        try secondPurchase(&reader, data)
        try thirdPurchase(&reader, data)
        try dates(&reader, data)
        try parties(&reader, data)
        try miscellaneous(&reader, data)
        if reader.position < data.count { throw Finding(.couponExcess, at: reader.position) }
    }

    private static func readPositiveOffer(_ data: Span<UInt8>) throws(Finding) {
        if let finding = firstOutside(.n, data, .nonDigit) { throw finding }
        var reader = CouponReader()
        try reader.choice(.format, of: 0b11, in: data)
        try reader.variable(.funder, 0...6, plus: 6, in: data)
        try reader.fixed(.offerCode, 6, in: data)
        try reader.variable(.serialNumber, 0...9, plus: 6, in: data)
        if reader.position < data.count { throw Finding(.couponExcess, at: reader.position) }
    }

    /// 0 to 4, and 9.
    private static let requirementCodes: UInt16 = 0b10_0001_1111

    private static func secondPurchase(_ reader: inout CouponReader, _ data: Span<UInt8>) throws(Finding) {
        guard reader.skip(tag: 1, in: data) else { return }
        try reader.choice(.rules, of: 0b1111, in: data)
        try reader.variable(.secondRequirement, 1...5, plus: 0, in: data)
        try reader.choice(.secondRequirementCode, of: requirementCodes, in: data)
        try reader.fixed(.secondFamily, 3, in: data)
        // 9 stands for the same company as that of the first item.
        try reader.variable(.secondCompanyPrefix, 0...6, plus: 6, other: 9, in: data)
    }

    private static func thirdPurchase(_ reader: inout CouponReader, _ data: Span<UInt8>) throws(Finding) {
        guard reader.skip(tag: 2, in: data) else { return }
        try reader.variable(.thirdRequirement, 1...5, plus: 0, in: data)
        try reader.choice(.thirdRequirementCode, of: requirementCodes, in: data)
        try reader.fixed(.thirdFamily, 3, in: data)
        try reader.variable(.thirdCompanyPrefix, 0...6, plus: 6, other: 9, in: data)
    }

    private static func dates(_ reader: inout CouponReader, _ data: Span<UInt8>) throws(Finding) {
        var expiration: UInt64?
        if reader.skip(tag: 3, in: data) {
            let start = reader.position
            try reader.date(.expirationDate, in: data)
            expiration = number(data, start..<reader.position)
        }
        if reader.skip(tag: 4, in: data) {
            let start = reader.position
            try reader.date(.startDate, in: data)
            if let expiration, number(data, start..<reader.position) > expiration {
                throw Finding(.couponExpiresBeforeStart, at: start)
            }
        }
    }

    private static func parties(_ reader: inout CouponReader, _ data: Span<UInt8>) throws(Finding) {
        if reader.skip(tag: 5, in: data) { try reader.variable(.serialNumber, 0...9, plus: 6, in: data) }
        if reader.skip(tag: 6, in: data) { try reader.variable(.retailer, 1...7, plus: 6, in: data) }
    }

    private static func miscellaneous(_ reader: inout CouponReader, _ data: Span<UInt8>) throws(Finding) {
        guard reader.skip(tag: 9, in: data) else { return }
        try reader.choice(.saveValueCode, of: 0b110_0111, in: data)
        try reader.choice(.saveValueItem, of: 0b111, in: data)
        try reader.choice(.storeCoupon, of: 0b11_1111_1111, in: data)
        try reader.choice(.doNotMultiply, of: 0b11, in: data)
    }
}
