/// The names that the first releases of GS1 Digital Link had for keys and qualifiers in the path.
enum KeyNames {
    /// The identifier that `name` stands for.
    static func identifier(_ name: String) -> ApplicationIdentifier? {
        names[name].flatMap { ApplicationIdentifier($0) }
    }

    private static let names = [
        "gtin": "01", "itip": "8006", "gmn": "8013", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018",
        "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004", "cpv": "22",
        "lot": "10", "ser": "21", "cpsn": "8011", "glnx": "254", "refno": "8020", "srin": "8019",
    ]
}
