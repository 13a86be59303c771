import GS1

/// The names that GS1's linters have for what they find, and what they are here.
enum GS1Lint {
    /// What `GS1_LINTER_…` is here; nil if the name is not known.
    static func violation(_ name: String) -> Violation? {
        let name = String(name.dropFirst("GS1_LINTER_".count))
        if let known = plain[name] { return known }
        if name.hasPrefix("COUPON_") { return coupon(String(name.dropFirst("COUPON_".count))) }
        return nil
    }

    private static let plain: [String: Violation] = [
        "NON_DIGIT_CHARACTER": .nonDigit, "INVALID_CSET82_CHARACTER": .notCharacterSet82,
        "INVALID_CSET39_CHARACTER": .notCharacterSet39, "INVALID_CSET64_CHARACTER": .notCharacterSet64,
        "INVALID_CSET64_PADDING": .base64Padding, "INCORRECT_CHECK_DIGIT": .checkDigit, "TOO_SHORT_FOR_CHECK_DIGIT": .tooShort,
        "INCORRECT_CHECK_PAIR": .checkPair, "TOO_SHORT_FOR_CHECK_PAIR": .tooShort,
        "TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION": .tooLong, "TOO_SHORT_FOR_GCP": .tooShort, "INVALID_GCP_PREFIX": .companyPrefix,
        "IMPORTER_IDX_MUST_BE_ONE_CHARACTER": .wrongLength, "INVALID_IMPORT_IDX_CHARACTER": .importerIndex,
        "ILLEGAL_ZERO_VALUE": .zero, "NOT_ZERO": .notZero, "ILLEGAL_ZERO_PREFIX": .leadingZero, "NOT_ZERO_OR_ONE": .notBoolean,
        "INVALID_WINDING_DIRECTION": .windingDirection, "NOT_ISO3166": .country, "NOT_ISO3166_OR_999": .country,
        "NOT_ISO3166_ALPHA2": .countryLetters, "NOT_ISO4217": .currency, "IBAN_TOO_SHORT": .tooShort, "IBAN_TOO_LONG": .tooLong,
        "INVALID_IBAN_CHARACTER": .ibanCharacter, "ILLEGAL_IBAN_COUNTRY_CODE": .ibanCountry,
        "INCORRECT_IBAN_CHECKSUM": .ibanChecksum, "DATE_TOO_SHORT": .tooShort, "DATE_TOO_LONG": .tooLong, "ILLEGAL_MONTH": .month,
        "ILLEGAL_DAY": .day, "HOUR_TOO_SHORT": .tooShort, "HOUR_TOO_LONG": .tooLong, "ILLEGAL_HOUR": .hour,
        "HOUR_WITH_MINUTE_TOO_SHORT": .tooShort, "HOUR_WITH_MINUTE_TOO_LONG": .tooLong, "MINUTE_TOO_SHORT": .tooShort,
        "MINUTE_TOO_LONG": .tooLong, "ILLEGAL_MINUTE": .minute, "SECOND_TOO_SHORT": .tooShort, "SECOND_TOO_LONG": .tooLong,
        "ILLEGAL_SECOND": .second, "INVALID_LENGTH_FOR_PIECE_OF_TOTAL": .wrongLength, "ZERO_PIECE_NUMBER": .zeroPiece,
        "ZERO_TOTAL_PIECES": .zeroTotal, "PIECE_NUMBER_EXCEEDS_TOTAL": .pieceExceedsTotal,
        "POSITION_IN_SEQUENCE_MALFORMED": .positionForm, "POSITION_EXCEEDS_END": .positionExceedsEnd,
        "INVALID_PERCENT_SEQUENCE": .percentSequence, "LATITUDE_INVALID_LENGTH": .wrongLength, "INVALID_LATITUDE": .latitude,
        "LONGITUDE_INVALID_LENGTH": .wrongLength, "INVALID_LONGITUDE": .longitude, "INVALID_MEDIA_TYPE": .mediaType,
        "INVALID_PACKAGE_TYPE": .packageType, "NOT_HYPHEN": .notHyphen, "INVALID_BIOLOGICAL_SEX_CODE": .biologicalSex,
        "REQUIRES_NON_DIGIT_CHARACTER": .digitsAlone, "COUPON_EXCESS_DATA": .couponExcess,
        "COUPON_EXPIRATION_BEFORE_START": .couponExpiresBeforeStart,
    ]

    /// Names like `TRUNCATED_2ND_PURCHASE_GCP` or `MISSING_SAVE_VALUE_VLI`.
    private static func coupon(_ name: String) -> Violation? {
        for (prefix, problem) in problems where name.hasPrefix(prefix) {
            var rest = String(name.dropFirst(prefix.count))
            var problem = problem
            if problem == .value, rest.hasSuffix("_LENGTH") {
                problem = .length
                rest.removeLast("_LENGTH".count)
            }
            if problem == .missing, rest.hasSuffix("_VLI") { rest.removeLast("_VLI".count) }
            return fields[rest].map { .coupon(problem, $0) }
        }
        return nil
    }

    private static let problems: [(String, Violation.CouponProblem)] = [
        ("MISSING_", .missing), ("TRUNCATED_", .truncated), ("TOO_SHORT_FOR_", .truncated), ("INVALID_", .value),
    ]

    private static let fields: [String: Violation.CouponField] = [
        "GCP": .companyPrefix, "OFFER_CODE": .offerCode, "SAVE_VALUE": .saveValue,
        "1ST_PURCHASE_REQUIREMENT": .firstRequirement, "1ST_PURCHASE_REQUIREMENT_CODE": .firstRequirementCode,
        "1ST_PURCHASE_FAMILY_CODE": .firstFamily, "ADDITIONAL_PURCHASE_RULES_CODE": .rules,
        "2ND_PURCHASE_REQUIREMENT": .secondRequirement, "2ND_PURCHASE_REQUIREMENT_CODE": .secondRequirementCode,
        "2ND_PURCHASE_FAMILY_CODE": .secondFamily, "2ND_PURCHASE_GCP": .secondCompanyPrefix,
        "3RD_PURCHASE_REQUIREMENT": .thirdRequirement, "3RD_PURCHASE_REQUIREMENT_CODE": .thirdRequirementCode,
        "3RD_PURCHASE_FAMILY_CODE": .thirdFamily, "3RD_PURCHASE_GCP": .thirdCompanyPrefix, "EXPIRATION_DATE": .expirationDate,
        // The name has this slip in GS1's own list.
        "EXIPIRATION_DATE": .expirationDate, "START_DATE": .startDate, "SERIAL_NUMBER": .serialNumber,
        "RETAILER_GCP_OR_GLN": .retailer, "SAVE_VALUE_CODE": .saveValueCode, "SAVE_VALUE_APPLIES_TO_ITEM": .saveValueItem,
        "STORE_COUPON_FLAG": .storeCoupon, "DONT_MULTIPLY_FLAG": .doNotMultiply, "FORMAT_CODE": .format, "FUNDER": .funder,
    ]
}
