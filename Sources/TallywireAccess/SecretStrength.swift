/// The rules for a secret that signs tokens with HS256.
public enum SecretStrength {
    /// The fewest bytes: RFC 7518, section 3.2, requires as many as the hash has.
    public static let least = 32
    /// The fewest different bytes: with fewer, the text is a pattern and no secret.
    public static let variety = 8

    /// What is wrong with a secret, without showing the secret; `nil` if nothing is.
    public static func mistake(in text: String) -> String? {
        if text.contains("-----BEGIN") {
            return
                "the secret is a PEM file, and a key that others know must not sign with HS256: public keys belong into a JWKS file, see “jwks”"
        }
        return mistake(in: Array(text.utf8))
    }

    /// The same for a secret of any bytes.
    public static func mistake(in bytes: [UInt8]) -> String? {
        guard bytes.count >= least else {
            return "the secret has \(bytes.count) bytes, but needs at least \(least): openssl rand -base64 33 makes one"
        }
        guard Set(bytes).count >= variety else {
            return "the secret is a pattern that can be guessed: openssl rand -base64 33 makes one"
        }
        return nil
    }
}
