import Foundation

/// A password as plugins.json has it: the key that scrypt (RFC 7914) derives from the password and a salt, with the costs of
/// deriving it.
///
/// Written in the PHC string format: `$scrypt$ln=15,r=8,p=3$SALT$KEY`, with salt and key in base64 without padding. The password
/// cannot be read from the text, so a copy of plugins.json does not let anybody sign in.
public struct PasswordHash: Equatable, Sendable, CustomStringConvertible {
    /// The costs: time and memory grow with each.
    public struct Costs: Equatable, Sendable {
        /// The binary logarithm of N. With ``blockSize`` 8, memory is 1 KiB times N.
        public var logRounds: Int
        public var blockSize: Int
        public var parallelism: Int

        public init(logRounds: Int = 15, blockSize: Int = 8, parallelism: Int = 3) {
            self.logRounds = logRounds
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// The amount of work, for comparing costs.
        public var work: Int { blockSize * parallelism << logRounds }
    }

    public let costs: Costs
    public let salt: [UInt8]
    public let key: [UInt8]

    public init(costs: Costs, salt: [UInt8], key: [UInt8]) {
        self.costs = costs
        self.salt = salt
        self.key = key
    }

    /// The allowed costs: from what a test can wait for up to 256 MiB, which takes about a second.
    private static let logRounds = 10...18

    /// Reads a hash. `nil` if the text is not a hash, or if it costs more than a server should be made to spend.
    public init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        var costs: [String: Int] = [:]
        for pair in parts[2].split(separator: ",") {
            let sides = pair.split(separator: "=")
            guard sides.count == 2, let number = Int(sides[1]) else { return nil }
            costs[String(sides[0])] = number
        }
        guard let logRounds = costs["ln"], let blockSize = costs["r"], let parallelism = costs["p"], costs.count == 3,
            Self.logRounds.contains(logRounds), blockSize == 8, (1...16).contains(parallelism),
            let salt = Self.bytes(parts[3]), let key = Self.bytes(parts[4]), (16...64).contains(salt.count),
            (16...64).contains(key.count)
        else { return nil }
        self.init(costs: Costs(logRounds: logRounds, blockSize: blockSize, parallelism: parallelism), salt: salt, key: key)
    }

    public var description: String {
        func text(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString().replacing("=", with: "") }
        return "$scrypt$ln=\(costs.logRounds),r=\(costs.blockSize),p=\(costs.parallelism)$\(text(salt))$\(text(key))"
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: String(text) + padding).map { Array($0) }
    }
}
