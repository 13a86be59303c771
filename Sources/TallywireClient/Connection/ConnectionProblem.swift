import Foundation
import NIOCore
import NIOPosix

/// Why no connection came about, for people: NIO's own texts are for those who know its types.
package enum ConnectionProblem {
    /// The reason in a few words, without a full stop; `nil` for an error that is of another kind.
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
        default: return nil
        }
    }
}
