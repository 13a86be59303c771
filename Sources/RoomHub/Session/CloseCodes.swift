import TallywireProtocol
import WebSocketServer

extension CloseCode {
    package static let tokenExpired = CloseCode(rawValue: ClosingCode.tokenExpired.rawValue)
    package static let tooSlow = CloseCode(rawValue: ClosingCode.tooSlow.rawValue)
}
