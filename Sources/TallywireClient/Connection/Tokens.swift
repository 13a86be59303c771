import Foundation
import Synchronization
import TallywireCore

extension TallywireClient {
    /// Where tokens come from, and when the next one is due.
    final class Tokens: Sendable {
        /// A token is renewed so long before it expires, or after nine tenths of its life if that is shorter.
        private static let margin = Duration.seconds(60)

        private let source: (@Sendable () async throws -> String?)?
        private let current = Mutex<String?>(nil)

        init(_ source: (@Sendable () async throws -> String?)?) { self.source = source }

        /// Whether another token can be had after one was refused.
        var canRenew: Bool { source != nil }

        /// The token does not do any more.
        func discard() { current.withLock { $0 = nil } }

        /// A token that has not expired; `nil` if there is none to be shown. Throws `token_failed`.
        func get() async throws -> String? {
            guard let source else { return nil }
            if let token = current.withLock(\.self), Self.remaining(token).map({ $0 > .zero }) ?? true { return token }
            do {
                let token = try await source()
                current.withLock { $0 = token }
                return token
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                throw Failure(.tokenFailed, "no token could be had: \(error)")
            }
        }

        /// How long to wait before `token` is renewed; `nil` if it does not say when it expires.
        static func renewal(of token: String) -> Duration? {
            guard let remaining = remaining(token) else { return nil }
            return max(.zero, remaining - margin, remaining * 0.9)
        }

        /// How long until it expires, as it says itself: it is not verified, the server does that.
        private static func remaining(_ token: String) -> Duration? {
            let parts = token.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, let data = Data(base64URL: parts[1]), let claims = try? JSONReader.value(of: Array(data)),
                case .number(let expiry)? = claims["exp"], let seconds = Double(expiry)
            else { return nil }
            let remaining = seconds - Date().timeIntervalSince1970
            // A claim from far away is none, and would not fit.
            guard abs(remaining) < 1e10 else { return nil }
            return .seconds(remaining)
        }
    }
}
