import Foundation

/// What the receiver's answer means for the events of a request.
enum WebhookAnswer: Equatable, Sendable {
    case delivered
    /// The receiver refuses these events; it may take them in another try.
    case refused(String)
    /// The receiver cannot take events now. It wants to be asked again after this time, if it says so.
    case again(String, after: Duration?)
    /// The receiver wants no events any more.
    case gone

    /// The longest time for which `Retry-After` is heeded.
    static let longestWait = Duration.seconds(24 * 3_600)

    /// The meaning of a status and its `Retry-After` (RFC 9110, sections 10.2.3 and 15), at `now`.
    init(status: Int, reason: String, retryAfter: String?, now: Date) {
        let text = "the receiver answered \(status)\(reason.isEmpty ? "" : " \(reason)")"
        switch status {
        case 200..<300: self = .delivered
        case 300..<400:
            self = .again("\(text): redirects are not followed, so put the address that it leads to into “url”", after: nil)
        case 410: self = .gone
        case 429, 503: self = .again(text, after: retryAfter.flatMap { Self.wait($0, now: now) })
        case 400..<500: self = .refused(text)
        default: self = .again(text, after: nil)
        }
    }

    /// The time of `Retry-After`, which is a number of seconds or a date; `nil` if it is neither.
    private static func wait(_ text: String, now: Date) -> Duration? {
        let text = text.trimmingCharacters(in: .whitespaces)
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return Int64(text).map { min(.seconds(min($0, 86_400)), longestWait) } ?? longestWait
        }
        guard let date = date(text) else { return nil }
        return min(max(.zero, .seconds(date.timeIntervalSince(now))), longestWait)
    }

    /// An IMF-fixdate (RFC 9110, section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: String) -> Date? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text)
    }
}
