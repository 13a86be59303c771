/// What makes a secret fit for HS256.
enum Secret {
    /// Bytes, at least: RFC 7518, section 3.2, asks for as many as the hash has.
    static let least = 32
    /// Different bytes, at least: fewer are a pattern and no secret.
    static let variety = 8

    /// Throws if a secret is too weak to keep anybody out, or is a key of another kind.
    static func check(_ text: String) throws(KeyError) {
        if text.contains("-----BEGIN") {
            throw KeyError(
                "the secret is a PEM file: a key that others know must not sign with HS256. Put public keys into a JWKS file and name it in “jwks”"
            )
        }
        guard text.utf8.count >= least else {
            throw KeyError(
                "the secret has \(text.utf8.count) bytes, but needs at least \(least): openssl rand -base64 33 makes one")
        }
        guard Set(text.utf8).count >= variety else {
            throw KeyError("the secret is a pattern that can be guessed: openssl rand -base64 33 makes one")
        }
    }
}
