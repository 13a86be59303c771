/// Examples of bracketed text, and what becomes of them.
enum BracketedFixtures {
    /// What is read, and the message as an element string.
    static let accepted: [(String, String)] = [
        ("(01)09521234543213", "0109521234543213"),
        ("(01)09521234543213(10)AB\\(1)(17)271200", "010952123454321310AB(1)\u{1D}17271200"),
    ]

    /// What is refused, the code of the reason, and the words.
    static let refused: [(String, String, String)] = [
        (
            "(01)09521234543213 (10)AB", "value_too_long",
            "(01) at byte 18: the value is too long; expected N14, the format of GTIN"
        ),
        (
            " (01)09521234543213", "malformed_brackets",
            "byte 0: this is not a sequence of (AI)value; expected an opening bracket and an application identifier"
        ),
        (
            "(01)09521234543213()", "malformed_brackets",
            "byte 18: this is not a sequence of (AI)value; expected two to four digits between brackets"
        ),
        (
            "(01)09521234543213(1)A", "malformed_brackets",
            "byte 18: this is not a sequence of (AI)value; expected two to four digits between brackets"
        ),
        (
            "(01)09521234543213(10A", "malformed_brackets",
            "byte 18: this is not a sequence of (AI)value; expected two to four digits between brackets"
        ),
        ("(01)09521234543213(10)", "empty_value", "(10) at byte 22: the value is empty; expected X..20, the format of BATCH/LOT"),
        (
            "(01)09521234543213(12345)A", "malformed_brackets",
            "byte 18: this is not a sequence of (AI)value; expected two to four digits between brackets"
        ),
        (
            "(89)A", "unknown_ai",
            "(89) at byte 0: the application identifier is not in the GS1 General Specifications; "
                + "expected one that the GS1 General Specifications have"
        ),
        (
            "(010)A", "unknown_ai",
            "(010) at byte 0: the application identifier is not in the GS1 General Specifications; "
                + "expected one that the GS1 General Specifications have"
        ),
        (
            "(01)09521234543213(10)A\\(\\( B", "not_cset82",
            "(10) at byte 27: there is a character outside GS1's character set 82; expected characters of GS1's character set 82"
        ),
        (
            "(01)09521234543213(10)A\\B", "not_cset82",
            "(10) at byte 23: there is a character outside GS1's character set 82; expected characters of GS1's character set 82"
        ),
        ("(01)9521234543213", "value_too_short", "(01) at byte 17: the value is too short; expected N14, the format of GTIN"),
        ("(91)(", "empty_value", "(91) at byte 4: the value is empty; expected X..90, the format of INTERNAL"),
        (
            "(01)09521234543213(4330)000100-", "missing_companion",
            "(4330) at byte 18: a companion is missing; expected (00) beside it"
        ),
        (
            "(00)106141411234567897(4330)000100+", "not_hyphen",
            "(4330) at byte 34: the character is not a hyphen; expected a hyphen"
        ),
        ("", "empty", "byte 0: there is nothing to read; expected at least one element"),
    ]
}
