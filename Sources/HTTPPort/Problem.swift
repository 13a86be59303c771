import HTTPTypes
import TallywireCore

/// A refusal by the API: an RFC 9457 problem with a stable code.
///
/// Handlers throw a problem, and the outermost middleware turns it into the response. When a caller gets a problem, nothing was
/// applied.
public struct Problem: Error, Equatable, Sendable {
    public let status: HTTPResponse.Status
    /// The stable name that programs compare, such as `insufficient_stock`.
    public let code: String
    /// The same few words for every problem of this code.
    public let title: String
    /// What is wrong with this request and what to do about it, for people.
    public let detail: String
    /// The part of the request that is wrong, such as `lines[2].quantity` or `limit`. A name that the caller gave is shortened.
    public var field: String?
    /// The units that were there: the available units for `insufficient_stock` and `stale_expectation`, the remaining ones for
    /// `in_stock`.
    public var available: Int64?
    /// The oldest moment that can be asked for.
    public var oldest: Oldest?
    /// The line of an NDJSON body, counted from 1.
    public var line: Int?
    /// Every mistake, where there may be several.
    public var mistakes: [Mistake] = []
    /// Seconds after which the same request may succeed.
    public var retryAfter: Int?
    /// The methods of the path, for 405.
    public var allow: [HTTPRequest.Method] = []
    /// The value of `WWW-Authenticate`, for 401.
    var challenge: String?

    /// A mistake in a file of the server. Line and column are counted from 1.
    public struct Mistake: Equatable, Sendable {
        public let file: String
        public let line: Int?
        public let column: Int?
        public let message: String

        public init(file: String, line: Int?, column: Int?, message: String) {
            self.file = file
            self.line = line
            self.column = column
            self.message = message
        }
    }

    /// A moment: the last event of it, and the time of that event as far as it is known.
    public struct Oldest: Equatable, Sendable {
        public let seq: UInt64
        public let timestamp: Timestamp?

        public init(seq: UInt64, timestamp: Timestamp?) {
            self.seq = seq
            self.timestamp = timestamp
        }
    }

    public init(
        _ status: HTTPResponse.Status, code: String, title: String, detail: String, field: String? = nil, available: Int64? = nil,
        retryAfter: Int? = nil
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.field = field?.excerpt
        self.available = available
        self.retryAfter = retryAfter
    }
}

extension Problem {
    /// The media type of a problem.
    static let mediaType = "application/problem+json"

    /// Writes the problem as one JSON object.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("type", "urn:tallywire:problem:\(code)")
            json.member("title", title)
            json.member("status", Int64(status.code))
            json.member("code", code)
            json.member("detail", detail)
            json.member("field", field)
            json.member("available", available)
            if let oldest {
                json.object("oldest") { json in
                    json.member("seq", oldest.seq)
                    json.member("timestamp", oldest.timestamp)
                }
            }
            if let line {
                json.member("line", Int64(line))
            }
            guard !mistakes.isEmpty else { return }
            json.array("errors") { json in
                for mistake in mistakes { mistake.write(to: &json) }
            }
        }
    }
}

extension Problem.Mistake {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("file", file)
            if let line { json.member("line", Int64(line)) }
            if let column { json.member("column", Int64(column)) }
            json.member("message", message)
        }
    }
}
