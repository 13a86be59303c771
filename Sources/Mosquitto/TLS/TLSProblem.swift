internal import COpenSSL

/// Why a TLS handshake failed, and what to do about it.
struct TLSProblem: CustomStringConvertible {
    let description: String

    /// `nil` if neither the certificate check nor a line of OpenSSL's says anything.
    init?(verificationError: Int32, lines: [String], name: String, trust: TLSSettings.Trust) {
        if verificationError != X509_V_OK {
            description = Self.text(verificationError, name, trust)
            return
        }
        let text = lines.joined(separator: "; ").lowercased()
        guard let found = Self.lines.first(where: { text.contains($0.part) }) else {
            guard let last = lines.last else { return nil }
            description = "TLS failed: \(last)"
            return
        }
        description = found.meaning
    }

    private static func text(_ error: Int32, _ name: String, _ trust: TLSSettings.Trust) -> String {
        let reason = String(cString: X509_verify_cert_error_string(Int(error)))
        switch error {
        case X509_V_ERR_CERT_HAS_EXPIRED: return "the broker's certificate, or one of its issuers', has expired"
        case X509_V_ERR_CERT_NOT_YET_VALID: return "the broker's certificate is not valid yet: look at the clocks"
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "the broker's certificate is not for \(name): connect to a name that it is for, or name that in tls.serverName"
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            let known = if case .file(let path) = trust { "in \(path)" } else { "among those that the system trusts" }
            return "the broker's certificate is of an issuer that is not \(known) (\(reason)): name its CA's file in tls.ca"
        default: return "the broker's certificate is not accepted: \(reason)"
        }
    }

    /// Texts of OpenSSL in lower case, and their meanings. The first match counts.
    private static let lines: [(part: String, meaning: String)] = [
        ("wrong version number", noTLS), ("packet length too long", noTLS), ("http request", noTLS), ("unexpected eof", noTLS),
        ("certificate required", "the broker wants a certificate of ours: give tls.certificate and tls.key"),
        ("alert handshake failure", "the broker agrees to no cipher, or wants a certificate of ours (tls.certificate and tls.key)"),
        ("alert unknown ca", refusesOurs), ("alert bad certificate", refusesOurs), ("alert certificate unknown", refusesOurs),
        ("alert certificate expired", "the broker says that our certificate (tls.certificate) has expired"),
        ("alert certificate revoked", "the broker says that our certificate (tls.certificate) was revoked"),
        ("no application protocol", "the broker speaks none of the protocols in tls.alpn"),
        ("protocol version", tooOld), ("unsupported protocol", tooOld),
        ("unrecognized name", "the broker does not know the name that was asked for: give the right one in tls.serverName"),
    ]
    private static let noTLS = "no TLS is spoken there: is it the broker's port for mqtts?"
    private static let refusesOurs = "the broker does not accept our certificate (tls.certificate): its CA has to know the issuer"
    private static let tooOld = "the broker speaks only older versions of TLS than tls.minimumVersion"
}
