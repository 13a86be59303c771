import TallywireCore

/// Whether the server's certificate is valid, and for long enough.
struct CertificateCheck: Sendable {
    /// How many days before its end the check complains: as `check` and the server's log do.
    static let days: Int64 = 7

    let file: String
    let expiresAt: Timestamp
    let now: Timestamp

    var finding: Finding {
        let advice = "renew it, and put the new files in the place of the old ones: the server takes them without a restart"
        if expiresAt <= now { return .wrong("certificate", "\(file) has expired at \(expiresAt), so callers refuse it", advice) }
        let left = (expiresAt.milliseconds - now.milliseconds) / 86_400_000
        let text = "\(file) is valid until \(expiresAt)"
        return left < Self.days ? .warning("certificate", text, advice) : .ok("certificate", text)
    }
}
