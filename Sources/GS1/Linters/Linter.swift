/// A check of the content of a component, named as in GS1's Barcode Syntax Dictionary.
///
/// The names are those of the dictionary, so that its entries can be compared with this list. Each check depends only on the bytes,
/// takes time linear in their number, and accepts bytes of any value.
public enum Linter: String, Sendable, Hashable, CaseIterable {
    /// Characters: digits.
    case csetnumeric
    /// Characters: set 82.
    case cset82
    /// Characters: set 39.
    case cset39
    /// Characters: file-safe base64 with padding.
    case cset64
    /// At least one character that is not a digit.
    case hasnondigit
    /// Percent signs, each followed by two hexadecimal digits.
    case pcenc
    /// Hyphens.
    case hyphen
    /// A check digit at the end.
    case csum
    /// A check character pair at the end.
    case csumalpha
    /// A GS1 Company Prefix at the beginning.
    case gcppos1
    /// A GS1 Company Prefix after the first character.
    case gcppos2
    /// The index of an importer.
    case importeridx
    /// A number above zero.
    case nonzero
    /// A number without leading zeros.
    case nozeroprefix
    /// Zero.
    case zero
    /// 0 or 1.
    case yesno
    /// A winding direction.
    case winding
    /// The number of a piece and the number of all pieces, of equal lengths.
    case pieceoftotal
    /// A position, a slash and an end.
    case posinseqslash
    /// A country of ISO 3166-1, as a number.
    case iso3166
    /// A country of ISO 3166-1, as a number, or 999 for more than one.
    case iso3166999
    /// A country of ISO 3166-1, as two letters.
    case iso3166alpha2
    /// A currency of ISO 4217, as a number.
    case iso4217
    /// A biological sex of ISO 5218.
    case iso5218
    /// An international bank account number of ISO 13616.
    case iban
    /// A date as YYMMDD.
    case yymmdd
    /// A date as YYMMDD, where DD may be 00.
    case yymmd0
    /// A date as YYYYMMDD.
    case yyyymmdd
    /// A date as YYYYMMDD, where DD may be 00.
    case yyyymmd0
    /// An hour and a minute.
    case hhmi
    /// An hour.
    case hh
    /// A minute.
    case mi
    /// A second.
    case ss
    /// A latitude.
    case latitude
    /// A longitude.
    case longitude
    /// A type of AIDC media.
    case mediatype
    /// A type of package.
    case packagetype
    /// A North American coupon code.
    case couponcode
    /// A North American positive offer file coupon code.
    case couponposoffer

    /// What a linter found: the mistake and its position.
    public struct Finding: Error, Hashable, Sendable {
        /// What is wrong.
        public let violation: Violation
        /// The offset in bytes of the mistake, from the start of the checked data.
        public let offset: Int

        init(_ violation: Violation, at offset: Int = 0) {
            self.violation = violation
            self.offset = offset
        }
    }

    /// Checks `text`; nil if the text is valid.
    public func finding(in text: some StringProtocol) -> Finding? {
        finding(in: Array(text.utf8))
    }

    /// Checks `bytes`; nil if they are valid.
    public func finding(in bytes: [UInt8]) -> Finding? {
        finding(in: bytes.span)
    }

    /// Checks `data`; nil if the data is valid.
    func finding(in data: Span<UInt8>) -> Finding? {
        switch self {
        case .csetnumeric: Self.firstOutside(.n, data, .nonDigit)
        case .cset82: Self.firstOutside(.x, data, .notCharacterSet82)
        case .cset39: Self.firstOutside(.y, data, .notCharacterSet39)
        case .cset64: Self.base64(data)
        case .hasnondigit: Self.hasNonDigit(data)
        case .pcenc: Self.percentSequences(data)
        case .hyphen: Self.hyphens(data)
        case .csum: Self.checkDigit(data)
        case .csumalpha: Self.checkPair(data)
        case .gcppos1: Self.companyPrefix(data, from: 0)
        case .gcppos2: Self.companyPrefix(data, from: 1)
        case .importeridx: Self.importerIndex(data)
        case .nonzero: Self.nonZero(data)
        case .nozeroprefix: Self.noLeadingZero(data)
        case .zero: Self.zero(data)
        case .yesno: Self.oneDigit(of: 0b11, data, .notBoolean)
        case .winding: Self.oneDigit(of: 0b10_0000_0011, data, .windingDirection)
        case .iso5218: Self.oneDigit(of: 0b10_0000_0111, data, .biologicalSex)
        case .pieceoftotal: Self.pieceOfTotal(data)
        case .posinseqslash: Self.positionInSequence(data)
        case .iso3166: Self.country(data, orSeveral: false)
        case .iso3166999: Self.country(data, orSeveral: true)
        case .iso3166alpha2: Self.countryLetters(data)
        case .iso4217: Self.currency(data)
        case .iban: Self.iban(data)
        case .yymmdd: Self.date(data, yearDigits: 2, dayMayBeZero: false)
        case .yymmd0: Self.date(data, yearDigits: 2, dayMayBeZero: true)
        case .yyyymmdd: Self.date(data, yearDigits: 4, dayMayBeZero: false)
        case .yyyymmd0: Self.date(data, yearDigits: 4, dayMayBeZero: true)
        case .hhmi: Self.hourAndMinute(data)
        case .hh: Self.twoDigits(data, below: 24, .hour)
        case .mi: Self.twoDigits(data, below: 60, .minute)
        case .ss: Self.twoDigits(data, below: 60, .second)
        case .latitude: Self.degrees(data, atMost: 1_800_000_000, .latitude)
        case .longitude: Self.degrees(data, atMost: 3_600_000_000, .longitude)
        case .mediatype: Self.mediaType(data)
        case .packagetype: Self.packageType(data)
        case .couponcode: Self.couponCode(data)
        case .couponposoffer: Self.couponPositiveOffer(data)
        }
    }
}
