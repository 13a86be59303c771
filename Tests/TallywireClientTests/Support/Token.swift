import Crypto
import Foundation
import TallywireCore

/// Tokens as `tallywire token` signs them, but with a life as short as a test needs.
func token(_ role: String, for seconds: Int = 3_600) -> String {
    let expiry = Int(Date().timeIntervalSince1970.rounded(.up)) + seconds
    let head = Data(#"{"alg":"HS256","typ":"JWT"}"#.utf8).base64URL
    let body = "\(head).\(Data(#"{"role":"\#(role)","sub":"anna","exp":\#(expiry)}"#.utf8).base64URL)"
    let key = SymmetricKey(data: Data(StockServer.secret.utf8))
    return "\(body).\(Data(HMAC<SHA256>.authenticationCode(for: Data(body.utf8), using: key)).base64URL)"
}
