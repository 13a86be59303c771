/// Examples of EPC memory and URIs, and what becomes of them.
enum SGTINFixtures {
    /// EPC memory, and the URI with filter and GTIN.
    static let memory: [(String, String)] = [
        ("3074257BF7194E4000001A85", "urn:epc:id:sgtin:0614141.812345.6789 reserved3 80614141123458"),
        ("3074257bf7194e4000001a85", "urn:epc:id:sgtin:0614141.812345.6789 reserved3 80614141123458"),
        ("3674257BF6B7A659B2C2BF1000000000000000000000000000", "urn:epc:id:sgtin:0614141.712345.32a%2Fb reserved3 70614141123451"),
    ]

    /// URIs, and the same with GTIN and SGTIN-198.
    static let uris: [(String, String)] = [
        (
            "urn:epc:id:sgtin:0614141.812345.6789",
            "urn:epc:id:sgtin:0614141.812345.6789 80614141123458 3614257BF7194E5B3770E4000000000000000000000000000000"
        ),
        (
            "urn:epc:id:sgtin:0614141.712345.32a%2Fb",
            "urn:epc:id:sgtin:0614141.712345.32a%2Fb 70614141123451 3614257BF6B7A659B2C2BF100000000000000000000000000000"
        ),
    ]

    /// What is refused, the code of the reason, and the words.
    static let refused: [(String, String, String)] = [
        (
            "3174257BF7194E4000001A85", "malformed_epc",
            "byte 0: this is not an EPC that is read here; expected the header 30 of SGTIN-96 or 36 of SGTIN-198"
        ),
        ("3074257BF7194E4000001A", "malformed_epc", "byte 11: this is not an EPC that is read here; expected 96 bits"),
        ("3074257BF7194E4000001A8500", "malformed_epc", "byte 13: this is not an EPC that is read here; expected 96 bits"),
        (
            "307C257BF7194E4000001A85", "malformed_epc",
            "byte 1: this is not an EPC that is read here; expected a partition of 0 to 6"
        ),
        (
            "3074257BF7194E4000001A8", "malformed_epc",
            "this is not an EPC that is read here; expected an even number of hexadecimal digits"
        ),
        (
            "3074257BF7194E4000001Ag5", "malformed_epc",
            "byte 22: this is not an EPC that is read here; expected hexadecimal digits"
        ),
        (
            "", "malformed_epc",
            "byte 0: this is not an EPC that is read here; expected the header 30 of SGTIN-96 or 36 of SGTIN-198"
        ),
        (
            "30740000000000000000000", "malformed_epc",
            "this is not an EPC that is read here; expected an even number of hexadecimal digits"
        ),
        (
            "307FFFFFFFFFFFFFFFFFFFFF", "malformed_epc",
            "byte 1: this is not an EPC that is read here; expected a partition of 0 to 6"
        ),
        (
            "3063FFFFFFFFFFFFFFFFFFFF", "malformed_epc",
            "byte 1: this is not an EPC that is read here; expected a company prefix and an item reference of 13 digits together"
        ),
        (
            "urn:epc:id:sgtin:0614141.81234.6789", "malformed_epc",
            "byte 17: this is not an EPC that is read here; "
                + "expected a company prefix, an item reference and a serial number with points between them, the first two of "
                + "13 digits"
        ),
        (
            "urn:epc:id:sscc:0614141.1234567890", "malformed_epc",
            "byte 0: this is not an EPC that is read here; expected a URI that begins with urn:epc:id:sgtin:"
        ),
        (
            "urn:epc:id:sgtin:0614141.812345", "malformed_epc",
            "byte 17: this is not an EPC that is read here; "
                + "expected a company prefix, an item reference and a serial number with points between them, the first two of "
                + "13 digits"
        ),
        ("urn:epc:id:sgtin:0614141.812345.", "empty_value", "(21): the value is empty; expected X..20, the format of SERIAL"),
        (
            "urn:epc:id:sgtin:06141x1.812345.1", "non_digit",
            "there is a character that is not a digit; expected a GTIN of digits alone"
        ),
        (
            "urn:epc:id:sgtin:0614141.812345.123456789012345678901", "value_too_long",
            "(21): the value is too long; expected X..20, the format of SERIAL"
        ),
        (
            "urn:epc:id:sgtin:0614141.812345.%g1", "malformed_uri",
            "byte 32: this is not a well-formed URI; expected two hexadecimal digits after a percent sign"
        ),
    ]
}
