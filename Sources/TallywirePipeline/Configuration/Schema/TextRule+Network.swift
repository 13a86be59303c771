extension TextRule {
    /// A secret that is fit for HS256: what is wrong with it is said without showing it.
    static let secret = TextRule("a secret of at least \(SecretStrength.least) bytes") { text in SecretStrength.mistake(in: text) }

    /// An origin as browsers send it, or `*`.
    static let origin = TextRule(
        "an origin such as https://shop.example, or *", pattern: #"^(\*|https?://[^/?#\s]+)$"#
    ) { text in
        if text == "*" { return true }
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return false }
        let authority = text.dropFirst(scheme.count)
        return !authority.isEmpty
            && authority.unicodeScalars.allSatisfy { $0.value > 0x20 && !"/?#@\\*".unicodeScalars.contains($0) }
    }

    /// An address or a range.
    static let addressRange = TextRule("an IP address, or a range such as 10.0.0.0/8") { AddressRange($0) != nil }
}
