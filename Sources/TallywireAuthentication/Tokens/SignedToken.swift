import Foundation
import TallywireCore
import TallywirePipeline

/// A token in its three parts, read and not yet believed (RFC 7515, compact serialization).
struct SignedToken {
    /// Bytes of a token, at most: what fits into a header beside others.
    static let largest = 8 * 1024

    let header: Header
    /// What is signed: header and claims as they came.
    let message: Data
    let claims: Data
    let signature: Data

    struct Header: Codable {
        var alg: String
        var kid: String?
        var typ: String?
        /// Members that have to be understood. None is.
        var crit: [String]?
    }

    init(_ token: String) throws(AuthenticationFailure) {
        guard token.utf8.count <= Self.largest else {
            throw AuthenticationFailure(.malformed, "a token has at most \(Self.largest) bytes")
        }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Data(base64URL: parts[0]), let claims = Data(base64URL: parts[1]),
            let signature = Data(base64URL: parts[2]), StreamSafeText.isKept(by: header), StreamSafeText.isKept(by: claims),
            let fields = try? JSONDecoder().decode(Header.self, fromOutside: header)
        else {
            throw AuthenticationFailure(.malformed, "this is no signed JSON Web Token: header.claims.signature, each in base64url")
        }
        guard fields.crit == nil else {
            throw AuthenticationFailure(.malformed, "the token's header has “crit”, and nothing of it is known here")
        }
        self.header = fields
        self.message = Data(token.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
        self.claims = claims
        self.signature = signature
    }
}
