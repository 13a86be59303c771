extension Violation {
    /// A short name that stays the same between releases.
    public var code: String { words.code }

    private var words: (code: String, text: String) {
        switch self {
        case .nonDigit: ("non_digit", "there is a character that is not a digit")
        case .notCharacterSet82: ("not_cset82", "there is a character outside GS1's character set 82")
        case .notCharacterSet39: ("not_cset39", "there is a character outside GS1's character set 39")
        case .notCharacterSet64: ("not_cset64", "there is a character outside file-safe base64")
        case .base64Padding: ("base64_padding", "the padding does not fill up the last group of base64")
        case .tooShort: ("too_short", "there are too few characters")
        case .tooLong: ("too_long", "there are too many characters")
        case .wrongLength: ("wrong_length", "the number of characters is wrong")
        case .checkDigit: ("check_digit", "the check digit is wrong")
        case .checkPair: ("check_pair", "the check character pair is wrong")
        case .companyPrefix: ("company_prefix", "the GS1 Company Prefix does not begin with four digits")
        case .importerIndex: ("importer_index", "the character is no importer index")
        case .zero: ("zero", "the number is zero")
        case .notZero: ("not_zero", "the field is not zero")
        case .leadingZero: ("leading_zero", "the number begins with a zero")
        case .notBoolean: ("not_boolean", "the value is neither 0 nor 1")
        case .windingDirection: ("winding_direction", "the value is no winding direction")
        case .country: ("country", "the number is no country")
        case .countryLetters: ("country_letters", "the letters are no country")
        case .currency: ("currency", "the number is no currency")
        case .ibanCharacter: ("iban_character", "there is a character that an IBAN cannot have")
        case .ibanCountry: ("iban_country", "the IBAN begins with no country")
        case .ibanChecksum: ("iban_checksum", "the check digits of the IBAN are wrong")
        case .month: ("month", "the month is not 01 to 12")
        case .day: ("day", "the month does not have this day")
        case .hour: ("hour", "the hour is not 00 to 23")
        case .minute: ("minute", "the minute is not 00 to 59")
        case .second: ("second", "the second is not 00 to 59")
        case .zeroPiece: ("zero_piece", "the number of the piece is zero")
        case .zeroTotal: ("zero_total", "the number of all pieces is zero")
        case .pieceExceedsTotal: ("piece_exceeds_total", "the number of the piece is larger than that of all pieces")
        case .positionForm: ("position_form", "this is not a position, a slash and an end")
        case .positionExceedsEnd: ("position_exceeds_end", "the position is after the end")
        case .percentSequence: ("percent_sequence", "a percent sign is not followed by two hexadecimal digits")
        case .latitude: ("latitude", "the latitude is too large")
        case .longitude: ("longitude", "the longitude is too large")
        case .mediaType: ("media_type", "the number is no media type")
        case .packageType: ("package_type", "this is no package type")
        case .notHyphen: ("not_hyphen", "the character is not a hyphen")
        case .biologicalSex: ("biological_sex", "the number is no biological sex of ISO 5218")
        case .digitsAlone: ("digits_alone", "there are digits alone")
        case .coupon(.missing, let field): ("coupon_missing", "the coupon has no \(field.rawValue)")
        case .coupon(.length, let field): ("coupon_length", "the length of the coupon's \(field.rawValue) is one it cannot have")
        case .coupon(.truncated, let field): ("coupon_truncated", "the coupon ends within its \(field.rawValue)")
        case .coupon(.value, let field): ("coupon_value", "the coupon's \(field.rawValue) has a value it cannot have")
        case .couponExcess: ("coupon_excess", "there is more after the coupon's last field")
        case .couponExpiresBeforeStart: ("coupon_expires_before_start", "the coupon expires before it begins")
        }
    }
}

extension Violation: CustomStringConvertible {
    /// What is wrong, for people, without a full stop.
    public var description: String { words.text }
}
