/// Examples of GS1 Digital Link URIs, and what becomes of them.
enum DigitalLinkFixtures {
    /// What is read, and the message as bracketed text.
    static let accepted: [(String, String)] = [
        ("https://id.gs1.org/01/09521234543213", "(01)09521234543213"),
        ("https://example.com/shop/01/09521234543213/10/AB%2F1?17=271231&utm_source=x#top", "(01)09521234543213(10)AB/1(17)271231"),
        ("HTTPS://EXAMPLE.COM/01/09521234543213/21/A+B", "(01)09521234543213(21)A+B"),
        ("https://example.com/00/106141411234567897?02=09521234543213&37=24", "(00)106141411234567897(02)09521234543213(37)24"),
        ("https://example.com/01/09521234543213?", "(01)09521234543213"),
    ]

    /// What is refused, the code of the reason, and the words.
    static let refused: [(String, String, String)] = [
        (
            "https://example.com/01/09521234543213/", "no_primary_key",
            "byte 19: there is no GS1 key to identify anything by; expected a path that ends with a GS1 key and its value"
        ),
        (
            "https://example.com/", "no_primary_key",
            "byte 19: there is no GS1 key to identify anything by; expected a path that ends with a GS1 key and its value"
        ),
        ("https://example.com", "malformed_uri", "byte 19: this is not a well-formed URI; expected a host and a path"),
        ("https:///01/09521234543213", "malformed_uri", "byte 8: this is not a well-formed URI; expected a host and a path"),
        (
            "ftp://example.com/01/09521234543213", "malformed_uri",
            "byte 0: this is not a well-formed URI; expected https:// or http://, all in one case"
        ),
        (
            "https://user@example.com/01/09521234543213", "malformed_uri",
            "byte 12: this is not a well-formed URI; expected characters that a host may have"
        ),
        (
            "https://example.com/01/09521234543213/21/A/10/B", "qualifier_sequence",
            "(01) at byte 20: these qualifiers do not follow this key in this order; "
                + "expected no qualifiers but (22) (10) (21) or (235), in this order"
        ),
        (
            "https://example.com/01/09521234543213?10=A", "belongs_into_path",
            "(10) at byte 38: it belongs into the path; expected it as a qualifier behind (01)"
        ),
        (
            "https://example.com/01/09521234543213?21=A", "not_an_attribute",
            "(21) at byte 38: it may not be an attribute of a GS1 Digital Link; expected another identifier, or none"
        ),
        (
            "https://example.com/01/09521234543213?17=271231&17=271231", "repeated",
            "(17) at byte 48: it is there twice; expected nothing: it is at byte 38 already"
        ),
        (
            "https://example.com/01/09521234543213?17=271331", "month",
            "(17) at byte 43: the month is not 01 to 12; expected a date as YYMMDD, where DD may be 00"
        ),
        (
            "https://example.com/01/09521234543213?999=1", "unknown_ai",
            "byte 38: the application identifier is not in the GS1 General Specifications; "
                + "expected an application identifier, since it is digits alone"
        ),
        (
            "https://example.com/01/09521234543213?17=", "empty_value",
            "(17) at byte 41: the value is empty; expected N6, the format of USE BY or EXPIRY"
        ),
        (
            "https://example.com/01/09521234543213/10/A%2", "malformed_uri",
            "byte 42: this is not a well-formed URI; expected two hexadecimal digits after a percent sign"
        ),
        (
            "https://example.com/01/09521234543213/10/A%zz", "malformed_uri",
            "byte 42: this is not a well-formed URI; expected two hexadecimal digits after a percent sign"
        ),
        (
            "https://example.com/01/09521234543213/10/A%20B", "not_cset82",
            "(10) at byte 42: there is a character outside GS1's character set 82; expected characters of GS1's character set 82"
        ),
        (
            "https://example.com/01/09521234543210", "check_digit",
            "(01) at byte 36: the check digit is wrong; expected a number whose last digit is its check digit"
        ),
        (
            "https://example.com/01/4006381333931", "value_too_short",
            "(01) at byte 36: the value is too short; expected N14, the format of GTIN"
        ),
        (
            "https://example.com/gtin/04006381333931", "no_primary_key",
            "byte 19: there is no GS1 key to identify anything by; expected a path that ends with a GS1 key and its value"
        ),
        (
            "https://example.com/01/09521234543213/10/A B", "malformed_uri",
            "byte 42: this is not a well-formed URI; expected characters that a URI may have"
        ),
        (
            "https://example.com/8004/95212345AB?7040=1ABC", "not_an_attribute",
            "(7040) at byte 36: it may not be an attribute of a GS1 Digital Link; expected another identifier, or none"
        ),
        (
            "https://example.com/01/09521234543213?37=4", "excluded_companion",
            "(01) at byte 20: it stands beside one that excludes it; expected no (37) beside it"
        ),
        (
            "https://example.com/10/A", "no_primary_key",
            "byte 19: there is no GS1 key to identify anything by; expected a path that ends with a GS1 key and its value"
        ),
        (
            "https://example.com/417/9521234543213/254/A", "qualifier_sequence",
            "(417) at byte 20: these qualifiers do not follow this key in this order; "
                + "expected no qualifiers but (7040), in this order"
        ),
    ]
}
