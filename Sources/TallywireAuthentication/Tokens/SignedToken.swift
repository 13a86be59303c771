import Foundation
import TallywireAccess
import TallywireCore

/// A token split into its three parts, and not verified yet (RFC 7515, compact serialization).
struct SignedToken {
    /// The most bytes of a token, which has to fit into a request's header with other fields.
    static let largest = 8 * 1024

    let header: Header
    /// The signed part: header and claims as they came.
    let message: Data
    let claims: Data
    let signature: Data

    struct Header: Codable {
        var alg: String
        var kid: String?
        var typ: String?
        /// Extensions that the receiver has to understand. Tallywire understands none.
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
