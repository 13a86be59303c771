internal import COpenSSL
import Glibc

/// The TLS context of one connection: an `SSL_CTX` that the client makes and gives to libmosquitto (`MOSQ_OPT_SSL_CTX`).
///
/// libmosquitto could make one itself. But it can check a certificate's name only against the host to which it connects, it offers
/// only one protocol, and it does not say why it refuses a certificate.
///
/// Not `Sendable`: the context is used only on the client's thread, with its connection. OpenSSL's callbacks come on that thread
/// too.
final class TLSContext {
    /// OpenSSL's context. libmosquitto holds another reference to it.
    let pointer: OpaquePointer
    fileprivate let settings: TLSSettings
    /// The host name to request and to check, or the address to check.
    fileprivate let name: String
    /// Why the broker's certificate was refused (`X509_V_ERR_…`); 0 if it was not.
    fileprivate(set) var verificationError: Int32 = 0

    /// Whether the handshake is done on this side.
    fileprivate(set) var isEstablished = false

    /// Reads the files that `settings` name. Throws ``MQTTError/Code/tls`` with the file that is missing or wrong.
    init(_ settings: TLSSettings, host: String) throws(MQTTError) {
        guard let pointer = SSL_CTX_new(TLS_client_method()) else { throw MQTTError(.library, "OpenSSL has no memory for TLS") }
        self.pointer = pointer
        self.settings = settings
        name = settings.serverName ?? host
        tallywire_tls_set_owner(pointer, Unmanaged.passUnretained(self).toOpaque())
        tallywire_tls_allow_moving_buffers(pointer)
        _ = tallywire_tls_minimum_version(pointer, settings.minimumVersion == .tls13 ? TLS1_3_VERSION : TLS1_2_VERSION)
        try trust()
        try presentCertificate()
        offerProtocols()
        checkServer()
        nameServer()
    }

    deinit { SSL_CTX_free(pointer) }

    // MARK: Files

    private func trust() throws(MQTTError) {
        guard settings.verification != .none else { return }
        switch settings.trust {
        case .system:
            guard SSL_CTX_set_default_verify_paths(pointer) == 1 else {
                throw failure("the system's certificates cannot be read; name a file in tls.ca")
            }
        case .file(let path):
            try requireReadable(path, "tls.ca")
            guard SSL_CTX_load_verify_file(pointer, path) == 1 else { throw failure("tls.ca: \(path) holds no certificate in PEM") }
        }
    }

    private func presentCertificate() throws(MQTTError) {
        // Without a callback, OpenSSL would ask for the password at the terminal.
        SSL_CTX_set_default_passwd_cb(pointer) { buffer, size, _, owner in
            guard let buffer, let owner else { return 0 }
            return Unmanaged<TLSContext>.fromOpaque(owner).takeUnretainedValue().writePassword(to: buffer, Int(size))
        }
        SSL_CTX_set_default_passwd_cb_userdata(pointer, Unmanaged.passUnretained(self).toOpaque())
        guard let certificate = settings.certificate, let key = settings.key else { return }
        try requireReadable(certificate, "tls.certificate")
        try requireReadable(key, "tls.key")
        guard SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
            throw failure("tls.certificate: \(certificate) holds no certificate in PEM")
        }
        guard SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1 else { throw failure(keyProblem(key)) }
        guard let own = SSL_CTX_get0_certificate(pointer) else { return }
        if X509_cmp_current_time(X509_get0_notAfter(own)) < 0 {
            throw failure("tls.certificate: \(certificate) has expired; a new one is read at the next try")
        }
        if X509_cmp_current_time(X509_get0_notBefore(own)) > 0 { throw failure("tls.certificate: \(certificate) is not valid yet") }
    }

    private func keyProblem(_ path: String) -> String {
        let reasons = Self.takeErrors().joined(separator: ", ")
        if reasons.contains("mismatch") { return "tls.key: \(path) is not the key of the certificate in tls.certificate" }
        if settings.keyPassword != nil { return "tls.key: \(path) cannot be read with this tls.keyPassword (\(reasons))" }
        // A password that OpenSSL asked for and did not get shows as a failed decryption.
        let isEncrypted = ["decrypt", "password", "interrupted", "ui", "cancel"].contains { reasons.contains($0) }
        return isEncrypted
            ? "tls.key: \(path) is encrypted; give its password in tls.keyPassword" : "tls.key: \(path) holds no private key in PEM"
    }

    private func requireReadable(_ path: String, _ option: String) throws(MQTTError) {
        guard access(path, R_OK) == 0 else {
            throw failure("\(option): \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
    }

    private func writePassword(to buffer: UnsafeMutablePointer<CChar>, _ size: Int) -> Int32 {
        // An empty password instead of none would decrypt about one key in some hundred to nonsense, which then looks like no key
        // at all.
        guard let password = settings.keyPassword.map({ Array($0.utf8) }), password.count <= size else { return -1 }
        for (index, byte) in password.enumerated() { buffer[index] = CChar(bitPattern: byte) }
        return Int32(password.count)
    }

    private func failure(_ message: String) -> MQTTError {
        ERR_clear_error()
        return MQTTError(.tls, message)
    }

    // MARK: Handshake

    private func offerProtocols() {
        guard !settings.applicationProtocols.isEmpty else { return }
        let wire = settings.applicationProtocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        // For this function, 0 is success.
        _ = SSL_CTX_set_alpn_protos(pointer, wire, UInt32(wire.count))
    }

    private func checkServer() {
        guard settings.verification != .none else {
            SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
            return
        }
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        if settings.verification == .full {
            let parameters = SSL_CTX_get0_param(pointer)
            X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            if X509_VERIFY_PARAM_set1_ip_asc(parameters, name) != 1 { X509_VERIFY_PARAM_set1_host(parameters, name, 0) }
            ERR_clear_error()
        }
        SSL_CTX_set_cert_verify_callback(
            pointer,
            { chain, owner in
                let isTrusted = X509_verify_cert(chain)
                if isTrusted != 1, let owner {
                    let context = Unmanaged<TLSContext>.fromOpaque(owner).takeUnretainedValue()
                    context.verificationError = X509_STORE_CTX_get_error(chain)
                }
                return isTrusted
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Sets the server name at the start of the handshake: libmosquitto uses the host to which it connects, which here is an
    /// address.
    private func nameServer() {
        SSL_CTX_set_info_callback(pointer) { connection, event, _ in
            guard let owner = tallywire_tls_owner(connection) else { return }
            let context = Unmanaged<TLSContext>.fromOpaque(owner).takeUnretainedValue()
            if event == SSL_CB_HANDSHAKE_DONE { context.isEstablished = true }
            guard event == SSL_CB_HANDSHAKE_START else { return }
            // RFC 6066, section 3: the server name is a name, never an address.
            let isAddress = Dialer.isAddress(context.name)
            _ = isAddress ? tallywire_tls_server_name(connection, nil) : tallywire_tls_server_name(connection, context.name)
        }
    }

    // MARK: What went wrong

    /// Returns OpenSSL's errors of this thread and removes them.
    private static func takeErrors() -> [String] {
        var texts: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            if let reason = ERR_reason_error_string(code) { texts.append(String(cString: reason)) }
        }
        return texts
    }

    /// Why a handshake failed, for people: from the result of the certificate check, else from what OpenSSL or the broker reported
    /// (`lines`, as libmosquitto logged them). `nil` if neither says anything.
    func problem(_ lines: [String]) -> String? {
        TLSProblem(verificationError: verificationError, lines: lines, name: name, trust: settings.trust)?.description
    }
}
