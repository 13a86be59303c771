/// Examples of element strings, and what becomes of them.
enum ElementStringFixtures {
    /// What is read, and the message as bracketed text.
    static let accepted: [(String, String)] = [
        ("0109521234543213", "(01)09521234543213"),
        ("010952123454321310AB-123\u{1D}17271231", "(01)09521234543213(10)AB-123(17)271231"),
        ("010952123454321317271231\u{1D}10AB-123\u{1D}", "(01)09521234543213(17)271231(10)AB-123"),
        ("\u{1D}0109521234543213\u{1D}\u{1D}10AB", "(01)09521234543213(10)AB"),
        ("001061414112345678970209521234543213\u{1D}3724\u{1D}10L1", "(00)106141411234567897(02)09521234543213(37)24(10)L1"),
        ("01995212345432163103001250", "(01)99521234543216(3103)001250"),
        ("0109521234543213300012", "(01)09521234543213(30)0012"),
        ("800302112345678900ABC", "(8003)02112345678900ABC"),
        ("0109521234543213422276", "(01)09521234543213(422)276"),
        ("0109521234543213427NI\u{1D}422276", "(01)09521234543213(427)NI(422)276"),
        ("2539526064000028", "(253)9526064000028"),
    ]

    /// What is refused, the code of the reason, and the words.
    static let refused: [(String, String, String)] = [
        ("8003021123456789 00", "non_digit", "(8003) at byte 16: there is a character that is not a digit; expected digits"),
        ("41495201234567888020REF-1", "missing_companion", "(8020) at byte 16: a companion is missing; expected (415) beside it"),
        (
            "01095212345432134224\u{1D}", "value_too_short",
            "(422) at byte 20: the value is too short; expected N3, the format of ORIGIN"
        ),
        ("", "empty", "byte 0: there is nothing to read; expected at least one element"),
        ("\u{1D}", "empty", "byte 0: there is nothing to read; expected at least one element"),
        ("A1", "not_an_ai", "byte 0: this is not an application identifier; expected the digits of an application identifier"),
        ("0", "not_an_ai", "byte 0: this is not an application identifier; expected the digits of an application identifier"),
        (
            "0109521234543210", "check_digit",
            "(01) at byte 15: the check digit is wrong; expected a number whose last digit is its check digit"
        ),
        ("010952123454321", "value_too_short", "(01) at byte 15: the value is too short; expected N14, the format of GTIN"),
        (
            "01095212345432131", "not_an_ai",
            "byte 16: this is not an application identifier; expected the digits of an application identifier"
        ),
        (
            "0109521234543213891", "unknown_ai",
            "(89) at byte 16: the application identifier is not in the GS1 General Specifications; "
                + "expected one that the GS1 General Specifications have"
        ),
        ("010952123454321310", "empty_value", "(10) at byte 18: the value is empty; expected X..20, the format of BATCH/LOT"),
        (
            "010952123454321310\u{1D}17271231", "empty_value",
            "(10) at byte 18: the value is empty; expected X..20, the format of BATCH/LOT"
        ),
        (
            "0109521234543213171271", "value_too_short",
            "(17) at byte 22: the value is too short; expected N6, the format of USE BY or EXPIRY"
        ),
        (
            "010952123454321317271331", "month",
            "(17) at byte 20: the month is not 01 to 12; expected a date as YYMMDD, where DD may be 00"
        ),
        (
            "010952123454321317270230", "day",
            "(17) at byte 22: the month does not have this day; expected a date as YYMMDD, where DD may be 00"
        ),
        (
            "010952123454321310AB~", "not_cset82",
            "(10) at byte 20: there is a character outside GS1's character set 82; expected characters of GS1's character set 82"
        ),
        (
            "010952123454321310ABCDEFGHIJKLMNOPQRSTU", "value_too_long",
            "(10) at byte 38: the value is too long; expected X..20, the format of BATCH/LOT"
        ),
        (
            "0109521234543213211\u{1D}212", "conflicting_repeat",
            "(21) at byte 20: it is there twice with different values; expected 1 again, or nothing"
        ),
        (
            "10AB", "missing_companion",
            "(10) at byte 0: a companion is missing; expected (01) or (02) or (03) or (8006) or (8026) beside it"
        ),
        ("0209521234543213", "missing_companion", "(02) at byte 0: a companion is missing; expected (37) beside it"),
        ("010952123454321337 4", "non_digit", "(37) at byte 18: there is a character that is not a digit; expected digits"),
        (
            "0109521234543213374", "excluded_companion",
            "(01) at byte 0: it stands beside one that excludes it; expected no (37) beside it"
        ),
        (
            "0109521234543213310000125\u{1D}10A", "value_too_short",
            "(3100) at byte 25: the value is too short; expected N6, the format of NET WEIGHT (kg)"
        ),
        (
            "3109123456", "unknown_ai",
            "(3109) at byte 0: the application identifier is not in the GS1 General Specifications; "
                + "expected one that the GS1 General Specifications have"
        ),
        (
            "0109521234543213422999", "country",
            "(422) at byte 19: the number is no country; expected the number of a country of ISO 3166-1"
        ),
        (
            "0109521234543213\u{0}", "not_an_ai",
            "byte 16: this is not an application identifier; expected the digits of an application identifier"
        ),
        (
            "010952123454321310é", "not_cset82",
            "(10) at byte 18: there is a character outside GS1's character set 82; expected characters of GS1's character set 82"
        ),
        (
            "80080123", "value_too_short",
            "(8008) at byte 8: the value is too short; expected N6 N2 [N2] [N2], the format of PROD TIME"
        ),
        (
            "7007211225211", "value_too_short",
            "(7007) at byte 13: the value is too short; expected N6 [N6], the format of HARVEST DATE"
        ),
        (
            "0109521234543213310300012531040 00125", "non_digit",
            "(3104) at byte 31: there is a character that is not a digit; expected digits"
        ),
        (
            "01095212345432133103000125310400012 5", "non_digit",
            "(3104) at byte 35: there is a character that is not a digit; expected digits"
        ),
        (
            "010952123454321331030001253104000125", "excluded_companion",
            "(3103) at byte 16: it stands beside one that excludes it; expected no (3104) beside it"
        ),
        (
            "8030ABC", "missing_companion",
            "(8030) at byte 0: a companion is missing; "
                + "expected (00) or (01) with (21) or (03) with (21) or (253) or (255) or (8003) or (8004) or (8006) with (21) "
                + "or (8010) with (8011) or (8017) or (8018) beside it"
        ),
        (
            "253952606400002880 30ABC", "not_cset82",
            "(253) at byte 18: there is a character outside GS1's character set 82; expected characters of GS1's character set 82"
        ),
        (
            "2539526064000028\u{1D}8030ABC", "unsignable_key",
            "(253) at byte 0: the signed key has no serial component; expected more than 13 characters, since (8030) signs it"
        ),
        (
            "91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}91A\u{1D}",
            "too_large",
            "byte 256: this is more than is read at a time; expected at most 64 elements"
        ),
    ]
}
