import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Decodes JSON bodies into what they mean, or into the problem that they have.
struct BodyDecoder {
    private let decoder = JSONDecoder()

    /// `now` tells the century of a year of two digits.
    init(now: Timestamp = .now) { decoder.userInfo[.year] = now.year }

    /// Decodes one JSON value.
    func decode<Body: Decodable>(_ type: Body.Type, from bytes: some Collection<UInt8>) throws(Problem) -> Body {
        guard bytes.contains(where: { !Self.isSpace($0) }) else { throw .invalidRequest("a JSON body is expected") }
        if let place = StreamSafeText.firstBreach(in: bytes) {
            throw .invalidRequest("byte \(place) of the body: \(StreamSafeText.mistake)")
        }
        let value: JSONValue
        do throws(JSONReader.Mistake) { value = try JSONReader.value(of: Array(bytes), depth: Self.depth) } catch {
            let (line, column) = error.place(in: bytes)
            throw .invalidRequest("the body is not valid JSON: \(error.expected) is expected at line \(line), column \(column)")
        }
        if let twice = value.repeatedPath {
            throw .invalidRequest("“\(twice.excerpt)” is there twice, and only one of them could count", field: twice)
        }
        do {
            return try decoder.decode(type, fromOutside: bytes)
        } catch let error as BodyError {
            throw error.problem
        } catch let error as DecodingError {
            throw Self.problem(error)
        } catch {
            throw .invalidRequest("the body is not valid JSON")
        }
    }

    /// The decoder's own limit.
    private static let depth = 511

    /// What `MemberReader` did not put into words itself.
    private static func problem(_ error: DecodingError) -> Problem {
        switch error {
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context):
            return BodyError(context.codingPath, "the value has not the expected form").problem
        @unknown default: return .invalidRequest("the body has not the expected form")
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension CodingUserInfoKey {
    /// The current year.
    static let year = CodingUserInfoKey(rawValue: "year")!
}

/// A member of a JSON body that is not as it should be.
struct BodyError: Error, Equatable {
    /// Where in the body, such as `lines[2].quantity`; empty for the body as a whole.
    var field: String
    /// What was expected, as a sentence.
    let message: String

    init(_ path: [any CodingKey], _ message: String) {
        self.field = Self.describe(path)
        self.message = message
    }

    /// Writes a path as people do: `lines[2].quantity`.
    static func describe(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return text
    }

    /// The answer to a request with this mistake.
    var problem: Problem { .invalidRequest(message, field: field.isEmpty ? nil : field) }
}

/// What a request's body claims to be.
enum BodyFormat {
    case json
    /// A JSON value a line, `application/x-ndjson`.
    case ndjson

    /// Reads `Content-Type`; anything but JSON is 415.
    ///
    /// A body without a type, or with the one that `curl -d` sets by itself, is taken as JSON from a program. Browsers send these
    /// types from any page without asking first, and mark such requests with `Origin` or `Sec-Fetch-Site`: then it is 415.
    init(_ request: Request) throws(Problem) {
        let type = request.headers[.contentType]?.prefix { $0 != ";" }
        switch type?.trimmingCharacters(in: .whitespaces).lowercased() {
        case "application/json", "application/merge-patch+json": self = .json
        case "application/x-ndjson", "application/ndjson", "application/jsonl": self = .ndjson
        case nil where !request.isFromBrowser, "application/x-www-form-urlencoded" where !request.isFromBrowser: self = .json
        default: throw .unsupportedMediaType("a body is application/json, not “\((request.headers[.contentType] ?? "").excerpt)”")
        }
    }
}

extension Request {
    /// Whether a page in a browser sent this, rather than a program.
    var isFromBrowser: Bool { headers[.origin] != nil || headers[.fetchSite] != nil }
}
