import Foundation
import Synchronization
import TallywireCore

extension TallywireClient {
    /// Gets tokens, and says when the next one is due.
    final class Tokens: Sendable {
        /// How long before it expires a token is renewed. With less than ten minutes left, it is renewed after nine tenths of them.
        private static let margin = Duration.seconds(60)

        private let source: (@Sendable () async throws -> String?)?
        private let current = Mutex<String?>(nil)

        init(_ source: (@Sendable () async throws -> String?)?) { self.source = source }

        /// Whether the client can get another token after one was refused.
        var canRenew: Bool { source != nil }

        /// Discards the token, which is not valid any more.
        func discard() { current.withLock { $0 = nil } }

        /// Returns a token that has not expired; `nil` if there is none. Throws `token_failed`.
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

        /// Returns how long to wait before `token` is renewed; `nil` if the token does not say when it expires.
        static func renewal(of token: String) -> Duration? {
            guard let remaining = remaining(token) else { return nil }
            return max(.zero, remaining - margin, remaining * 0.9)
        }

        /// How long until the token expires, as the token itself says. The token is not verified here; the server does that.
        private static func remaining(_ token: String) -> Duration? {
            let parts = token.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, let data = Data(base64URL: parts[1]), let claims = try? JSONReader.value(of: Array(data)),
                case .number(let expiry)? = claims["exp"], let seconds = Double(expiry)
            else { return nil }
            let remaining = seconds - Date().timeIntervalSince1970
            // A time that far away is not valid, and would overflow.
            guard abs(remaining) < 1e10 else { return nil }
            return .seconds(remaining)
        }
    }
}
