/// Examples of what scanners send, and what becomes of them.
enum ScanFixtures {
    /// What is read, and the symbology and the message as bracketed text.
    static let accepted: [(String, String)] = [
        ("]C10109521234543213", "gs1Code128 (01)09521234543213"),
        ("]d2010952123454321310AB", "dataMatrix (01)09521234543213(10)AB"),
        ("]Q3010952123454321310AB\u{1D}21X", "qrCode (01)09521234543213(10)AB(21)X"),
        ("]J10109521234543213", "dotCode (01)09521234543213"),
        ("]e00109521234543213", "dataBarExpanded (01)09521234543213"),
        ("]E04006381333931", "ean13 (01)04006381333931"),
        ("]E00036000291452", "ean13 (01)00036000291452"),
        ("]E402345673", "ean8 (01)00000002345673"),
        ("]E3977031762100712", "ean13 (01)09770317621007"),
        ("]E3400638133393112345", "ean13 (01)04006381333931"),
        ("]I114006381333938", "itf (01)14006381333938"),
        ("]I1123456", "itf -"),
        ("]I114006381333937", "itf -"),
        ("]C0010952123454321", "code128 -"),
        ("]A0ABC-1", "code39 -"),
        ("]Q1HELLO", "qrCode -"),
        ("]Q1https://id.gs1.org/01/09521234543213", "qrCode (01)09521234543213"),
        ("]E04006381333931|]e010AB\u{1D}17271231", "ean13 (01)04006381333931(10)AB(17)271231"),
        ("]c1x", "other -"),
        ("]E112", "ean13 -"),
    ]

    /// What is refused, the code of the reason, and the words.
    static let refused: [(String, String, String)] = [
        (
            "]Q1http://example.com/about", "no_primary_key",
            "byte 21: there is no GS1 key to identify anything by; expected a path that ends with a GS1 key and its value"
        ),
        (
            "", "unknown_symbology",
            "byte 0: there is no AIM symbology identifier that is known; expected three characters like ]C1 before the data"
        ),
        (
            "]", "unknown_symbology",
            "byte 0: there is no AIM symbology identifier that is known; expected three characters like ]C1 before the data"
        ),
        (
            "]C", "unknown_symbology",
            "byte 0: there is no AIM symbology identifier that is known; expected three characters like ]C1 before the data"
        ),
        ("]C1", "empty", "byte 3: there is nothing to read; expected at least one element"),
        (
            "0109521234543213", "unknown_symbology",
            "byte 0: there is no AIM symbology identifier that is known; expected three characters like ]C1 before the data"
        ),
        (
            "]?1x", "unknown_symbology",
            "byte 0: there is no AIM symbology identifier that is known; expected three characters like ]C1 before the data"
        ),
        (
            "]X0ABC", "unknown_symbology",
            "byte 0: there is no AIM symbology identifier that is known; expected three characters like ]C1 before the data"
        ),
        ("]E0400638133393", "unfit_for_symbology", "byte 15: the data does not fit the symbology; expected 13 digits after ]E0"),
        ("]E04006381333930", "check_digit", "byte 15: the check digit is wrong; expected a GTIN with the check digit 1"),
        (
            "]E040063813339311", "unfit_for_symbology",
            "byte 16: the data does not fit the symbology; expected nothing after 13 digits but a composite component as |]e0"
        ),
        ("]E0400638133393X", "unfit_for_symbology", "byte 15: the data does not fit the symbology; expected 13 digits after ]E0"),
        ("]E44006381333931", "check_digit", "byte 10: the check digit is wrong; expected a GTIN with the check digit 2"),
        ("]E04006381333931|]e0", "empty", "byte 20: there is nothing to read; expected at least one element"),
        (
            "]C101095212345432131727123", "value_too_short",
            "(17) at byte 26: the value is too short; expected N6, the format of USE BY or EXPIRY"
        ),
        (
            "]d2(01)09521234543213", "not_an_ai",
            "byte 3: this is not an application identifier; expected the digits of an application identifier"
        ),
        (
            "]C1010952123454321317271331", "month",
            "(17) at byte 23: the month is not 01 to 12; expected a date as YYMMDD, where DD may be 00"
        ),
    ]
}
