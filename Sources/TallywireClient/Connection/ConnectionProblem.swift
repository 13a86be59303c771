import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Why a connection failed, for people. NIO's own texts are for readers who know its types.
package enum ConnectionProblem {
    /// The reason in a few words, without a full stop; `nil` for an error of another kind.
    package static func text(_ error: any Error) -> String? {
        switch error {
        case let error as NIOConnectionError:
            if let refusal = error.connectionErrors.lazy.compactMap({ $0.error as? IOError }).first { return text(refusal) }
            if error.dnsAError != nil || error.dnsAAAAError != nil { return "nobody knows the name “\(error.host)”" }
            return "the connection cannot be made"
        case let error as IOError where error.errnoCode == ECONNREFUSED: return "nobody listens there"
        case let error as IOError: return String(cString: strerror(error.errnoCode)).lowercased()
        case is SocketAddressError: return "nobody knows that name"
        case let error as ChannelError where error == .ioOnClosedChannel || error == .eof: return "the connection was closed"
        case is ChannelError: return "the connection cannot be made"
        case is HTTPParserError: return "what answers does not speak HTTP: is it https rather than http?"
        default: return tls(error)?.text
        }
    }

    /// What went wrong with TLS, in a few words, and whether a certificate is not trusted; `nil` for an error of another kind.
    package static func tls(_ error: any Error) -> (text: String, isUntrusted: Bool)? {
        switch error {
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: break
        default: return nil
        }
        // Only the texts say what BoringSSL found.
        let text = "\(error)"
        let foreign = [
            "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNEXPECTED_MESSAGE",
        ]
        if foreign.contains(where: { text.contains($0) }) { return ("it does not speak TLS: is it http rather than https?", false) }
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return ("its certificate is for another name", true)
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return ("its certificate is of nobody who is trusted here", true) }
        if case NIOSSLError.uncleanShutdown = error { return ("the connection was closed", false) }
        return ("no TLS with it came about", true)
    }

    /// Whether a token can be in a header: visible ASCII, which is all that tokens consist of.
    package static func isFit(token: String) -> Bool {
        !token.isEmpty && token.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
