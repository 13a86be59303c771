import Crypto
import CryptoExtras
import Foundation
import TallywireAccess

extension PasswordHash {
    /// The longest password in bytes. Longer ones are refused, not cut.
    public static let longestPassword = 1_024

    /// Makes the hash of a password, with a new salt. Takes a good part of a second, so it must not run on an event loop.
    public init(of password: String, costs: Costs = Costs()) throws {
        var random = SystemRandomNumberGenerator()
        let salt = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        self.init(costs: costs, salt: salt, key: try Self.derive(password, salt: salt, costs: costs, count: 32))
    }

    /// Whether this is the hash of `password`. Takes as long as making the hash.
    public func matches(_ password: String) -> Bool {
        guard let other = try? Self.derive(password, salt: salt, costs: costs, count: key.count) else { return false }
        // All bytes are compared, wherever the first difference is.
        return zip(other, key).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func derive(_ password: String, salt: [UInt8], costs: Costs, count: Int) throws -> [UInt8] {
        // The same characters are the same password, however a keyboard composed them.
        let bytes = Array(password.precomposedStringWithCompatibilityMapping.utf8)
        let key = try KDF.Scrypt.deriveKey(
            from: bytes, salt: salt, outputByteCount: count, rounds: 1 << costs.logRounds, blockSize: costs.blockSize,
            parallelism: costs.parallelism)
        return key.withUnsafeBytes { Array($0) }
    }
}
