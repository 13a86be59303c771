/// A mistake that a ``Linter`` finds in a component of a value.
///
/// The linter says what was expected, and the violation says what is wrong.
public enum Violation: Hashable, Sendable {
    /// A character that is not a digit.
    case nonDigit
    /// A character outside GS1's character set 82.
    case notCharacterSet82
    /// A character outside GS1's character set 39.
    case notCharacterSet39
    /// A character outside file-safe base64, or padding where none is allowed.
    case notCharacterSet64
    /// Padding that does not fill up the last group.
    case base64Padding
    /// Too few characters.
    case tooShort
    /// Too many characters.
    case tooLong
    /// A number of characters that is not allowed.
    case wrongLength
    /// The check digit does not agree with the digits before it.
    case checkDigit
    /// The check character pair does not agree with the characters before it.
    case checkPair
    /// There are not four digits where the GS1 Company Prefix begins.
    case companyPrefix
    /// A character that cannot be an importer index.
    case importerIndex
    /// Zero where only a positive number is allowed.
    case zero
    /// A number other than zero in a field that is always zero.
    case notZero
    /// A leading zero where none is allowed.
    case leadingZero
    /// Neither 0 nor 1.
    case notBoolean
    /// A digit that is not a winding direction.
    case windingDirection
    /// A number that is not a country of ISO 3166-1.
    case country
    /// Two letters that are not a country of ISO 3166-1.
    case countryLetters
    /// A number that is not a currency of ISO 4217.
    case currency
    /// A character that an IBAN may not have.
    case ibanCharacter
    /// An IBAN of a country that does not exist.
    case ibanCountry
    /// The check digits of the IBAN are wrong.
    case ibanChecksum
    /// A month that is not 01 to 12.
    case month
    /// A day that the month does not have.
    case day
    /// An hour that is not 00 to 23.
    case hour
    /// A minute that is not 00 to 59.
    case minute
    /// A second that is not 00 to 59.
    case second
    /// The number of a piece is zero.
    case zeroPiece
    /// The number of all pieces is zero.
    case zeroTotal
    /// The number of a piece is larger than the number of all pieces.
    case pieceExceedsTotal
    /// A text that does not have the form `position/end`.
    case positionForm
    /// The position is after the end.
    case positionExceedsEnd
    /// A percent sign without two hexadecimal digits after it.
    case percentSequence
    /// More than 180 degrees.
    case latitude
    /// More than 360 degrees.
    case longitude
    /// A number that is not a type of AIDC media.
    case mediaType
    /// Not a package type of UNECE Recommendation 21 or GS1.
    case packageType
    /// A character other than a hyphen.
    case notHyphen
    /// A number that is not a biological sex of ISO 5218.
    case biologicalSex
    /// Only digits, where at least one other character is required.
    case digitsAlone
    /// A field of a coupon is missing, too short, or has a value that is not allowed.
    case coupon(CouponProblem, CouponField)
    /// There is more data after the last field of a coupon.
    case couponExcess
    /// A coupon expires before it begins.
    case couponExpiresBeforeStart

    /// What is wrong with a field of a coupon.
    public enum CouponProblem: String, Hashable, Sendable {
        /// The data ends before the field, or before the digit with the field's length.
        case missing
        /// The digit with the field's length has a value that is not allowed.
        case length
        /// The data ends within the field.
        case truncated
        /// The field has a value that is not allowed.
        case value
    }

    /// The fields of the North American coupon codes of (8110) and (8112).
    public enum CouponField: String, Hashable, Sendable {
        /// (8110): the GS1 Company Prefix of the issuer.
        case companyPrefix = "company prefix"
        /// The number of the offer.
        case offerCode = "offer code"
        /// (8110): the value of the coupon.
        case saveValue = "save value"
        /// How much of the first item has to be bought.
        case firstRequirement = "1st purchase requirement"
        /// The unit of the first requirement.
        case firstRequirementCode = "1st purchase requirement code"
        /// The family of the first item.
        case firstFamily = "1st purchase family code"
        /// How the requirements work together.
        case rules = "additional purchase rules code"
        /// How much of the second item has to be bought.
        case secondRequirement = "2nd purchase requirement"
        /// The unit of the second requirement.
        case secondRequirementCode = "2nd purchase requirement code"
        /// The family of the second item.
        case secondFamily = "2nd purchase family code"
        /// The GS1 Company Prefix of the second item.
        case secondCompanyPrefix = "2nd purchase company prefix"
        /// How much of the third item has to be bought.
        case thirdRequirement = "3rd purchase requirement"
        /// The unit of the third requirement.
        case thirdRequirementCode = "3rd purchase requirement code"
        /// The family of the third item.
        case thirdFamily = "3rd purchase family code"
        /// The GS1 Company Prefix of the third item.
        case thirdCompanyPrefix = "3rd purchase company prefix"
        /// The last day.
        case expirationDate = "expiration date"
        /// The first day.
        case startDate = "start date"
        /// The number of this single coupon.
        case serialNumber = "serial number"
        /// The retailer who redeems the coupon.
        case retailer = "retailer company prefix or GLN"
        /// How the save value has to be read.
        case saveValueCode = "save value code"
        /// The item to which the save value applies.
        case saveValueItem = "save value applies to item"
        /// Whether a store issued the coupon.
        case storeCoupon = "store coupon flag"
        /// Whether the coupon's value may be multiplied.
        case doNotMultiply = "don't multiply flag"
        /// (8112): the format of the code.
        case format = "coupon format"
        /// (8112): who pays for the coupon.
        case funder = "coupon funder"
    }
}
