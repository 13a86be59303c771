internal import COpenSSL
import Foundation

/// A password as mosquitto keeps it in its password file: `$7$ITERATIONS$SALT$HASH`, PBKDF2 with HMAC-SHA-512.
public enum PasswordHash {
    /// Bytes of salt, as `mosquitto_passwd` takes them.
    public static let saltLength = 12

    /// What stands behind `user:`. `salt` should be random; `iterations` is what an attacker, and the broker at each login, has to
    /// compute. The broker does so in its only thread: a thousand devices that come back at once wait for each other.
    public static func text(of password: String, salt: [UInt8], iterations: Int) throws(MQTTError) -> String {
        var hash = [UInt8](repeating: 0, count: 64)
        let characters = Array(password.utf8CString)
        let code = PKCS5_PBKDF2_HMAC(
            characters, Int32(characters.count - 1), salt, Int32(salt.count), Int32(clamping: max(1, iterations)), EVP_sha512(),
            Int32(hash.count), &hash)
        guard code == 1 else { throw MQTTError(.library, "OpenSSL cannot compute a hash with SHA-512") }
        return "$7$\(iterations)$\(Data(salt).base64EncodedString())$\(Data(hash).base64EncodedString())"
    }
}
