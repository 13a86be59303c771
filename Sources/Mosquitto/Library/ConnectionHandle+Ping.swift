import CMosquitto
internal import COpenSSL
import Glibc

/// What is written and asked past libmosquitto.
extension ConnectionHandle {
    /// Writes a PINGREQ to the connection itself. Only between whole packets, that is while libmosquitto has begun none.
    ///
    /// libmosquitto's own ping would go behind the acknowledgements that are held back. The broker's answer is read by libmosquitto, for
    /// which it is no surprise: it only notes that no answer is missing.
    func ping() {
        guard unwritten.isEmpty else { return }
        // MQTT 5, section 3.12: the type 12 in the upper half, and no more bytes.
        unwritten = [0xC0, 0x00]
        _ = writeRest()
    }

    /// Writes what is left of a ping. Answers whether nothing is left. A connection that fails here fails again where it is noticed.
    func writeRest() -> Bool {
        while !unwritten.isEmpty {
            let count = unwritten.withUnsafeBytes { bytes -> Int in
                guard let connection = mosquitto_ssl_get(client) else {
                    return send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                }
                defer { ERR_clear_error() }
                return Int(SSL_write(OpaquePointer(connection), bytes.baseAddress, Int32(bytes.count)))
            }
            guard count > 0 else { return false }
            unwritten = unwritten.dropFirst(count)
        }
        return true
    }

    /// Whether something can be read right now. What TLS has decrypted already, `poll` does not see.
    var hasInput: Bool {
        if let connection = mosquitto_ssl_get(client), SSL_pending(OpaquePointer(connection)) > 0 { return true }
        return Socket.isReadable(socket)
    }

    /// Why TLS failed, if it did.
    var tlsProblem: String? { tls?.problem(complaints) }
}
