import NIOCore

/// Why a connection ends: a close code of RFC 6455, section 7.4, or one of an application's own, from 4000 on.
package struct CloseCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }
    private init(_ code: UInt16) { self.rawValue = code }

    package static let normal = CloseCode(1000)
    /// The server shuts down. The client may come back at once.
    package static let goingAway = CloseCode(1001)
    package static let protocolError = CloseCode(1002)
    /// A peer closed without a code. The server never sends this one.
    package static let none = CloseCode(1005)
    /// The connection broke without a close frame. The server never sends this one.
    package static let lost = CloseCode(1006)
    package static let invalidText = CloseCode(1007)
    /// The client broke a rule of the application.
    package static let policy = CloseCode(1008)
    package static let tooBig = CloseCode(1009)
    /// The server is full. The client may try again later.
    package static let tryLater = CloseCode(1013)

    /// Whether a peer may send this code: RFC 6455, section 7.4.2, with the codes that IANA has registered since.
    var maySend: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// What a peer's close frame says, and with which code to answer it.
enum CloseRequest: Equatable {
    /// The frame is valid and is answered with the same code.
    case answer(CloseCode?)
    /// The frame is not valid and is answered with this code.
    case fail(CloseCode)

    /// Reads the payload: empty, or a code and a reason in UTF-8.
    init(_ payload: ByteBuffer) {
        var payload = payload
        guard payload.readableBytes > 0 else {
            self = .answer(nil)
            return
        }
        guard let code = payload.readInteger(as: UInt16.self).map(CloseCode.init(rawValue:)), code.maySend else {
            self = .fail(.protocolError)
            return
        }
        self = payload.isValidUTF8 ? .answer(code) : .fail(.invalidText)
    }
}

extension ByteBuffer {
    /// Whether all readable bytes are UTF-8.
    var isValidUTF8: Bool { String(validating: readableBytesView, as: UTF8.self) != nil }
}
