import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import TallywireConfiguration

/// Why a site cannot be followed now, for people.
struct SiteFailure: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// The words for an error of the HTTP client.
    ///
    /// - Throws: `CancellationError` if the source is stopped.
    init(_ error: any Error, at place: String, timeout: Duration) throws {
        switch error {
        case let failure as SiteFailure: self = failure
        case is CancellationError: throw error
        case let error as HTTPClientError where error == .cancelled: throw CancellationError()
        case let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout:
            self.init("\(place) did not answer within \(timeout.configurationText)")
        case let error as HTTPClientError where error == .readTimeout: self.init("\(place) sent nothing for too long")
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            self.init("\(place) closed the connection without an answer: does it speak https rather than http?")
        case let error as IOError: self.init("\(place) cannot be reached: \(String(cString: strerror(error.errnoCode)))")
        case let error as NIOConnectionError:
            let reason = error.connectionErrors.first.map { "\($0.error)" } ?? "nobody knows the name “\(error.host)”"
            self.init("\(place) cannot be reached: \(reason)")
        case let error as NIOSSLError: self.init("TLS with \(place) failed: \(error)")
        case let error as NIOSSLExtraError: self.init("TLS with \(place) failed: \(error.description)")
        default: self.init("\(place): \(error)")
        }
    }
}
