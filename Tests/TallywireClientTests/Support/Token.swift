import Crypto
import Foundation

/// Tokens as `tallywire token` signs them, but with a life as short as a test needs.
func token(_ role: String, for seconds: Int = 3_600) -> String {
    func encoded(_ data: some DataProtocol) -> String {
        Data(data).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
    let expiry = Int(Date().timeIntervalSince1970.rounded(.up)) + seconds
    let head = encoded(Data(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
    let body = "\(head).\(encoded(Data(#"{"role":"\#(role)","sub":"anna","exp":\#(expiry)}"#.utf8)))"
    let key = SymmetricKey(data: Data(StockServer.secret.utf8))
    return "\(body).\(encoded(Data(HMAC<SHA256>.authenticationCode(for: Data(body.utf8), using: key))))"
}
