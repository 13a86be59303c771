internal import COpenSSL
import Foundation

/// A password as mosquitto stores it in its password file: `$7$ITERATIONS$SALT$HASH`, PBKDF2 with HMAC-SHA-512.
public enum PasswordHash {
    /// The bytes of salt, as many as `mosquitto_passwd` uses.
    public static let saltLength = 12

    /// Returns the text that follows `user:`. `salt` should be random. `iterations` is the work that an attacker has to do, and the
    /// broker at each login. The broker does it in its only thread: a thousand devices that come back at once wait for each other.
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
