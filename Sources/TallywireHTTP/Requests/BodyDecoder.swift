import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import NIOCore
import TallywireCore
import TallywireEngine

/// Decodes JSON bodies, or returns the problem of a body that is not valid.
struct BodyDecoder {
    private let decoder = JSONDecoder()

    /// `now` tells the century of a two-digit year.
    init(now: Timestamp = .now) { decoder.userInfo[.year] = now.year }

    /// Decodes one JSON value. `userInfo` is for the type that is decoded.
    func decode<Body: Decodable>(
        _ type: Body.Type, from bytes: some Collection<UInt8>, _ userInfo: [CodingUserInfoKey: any Sendable] = [:]
    ) throws(Problem) -> Body {
        for (key, value) in userInfo { decoder.userInfo[key] = value }
        guard bytes.contains(where: { !Self.isSpace($0) }) else { throw .invalidRequest("a JSON body is expected") }
        if let place = StreamSafeText.firstBreach(in: bytes) {
            throw .invalidRequest("byte \(place) of the body: \(StreamSafeText.mistake)")
        }
        let value: JSONValue
        do throws(JSONReader.Mistake) { value = try JSONReader.value(of: Array(bytes), depth: JSONReader.decoderDepth) } catch {
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

/// A mistake in one member of a JSON body.
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

    /// The problem for this mistake.
    var problem: Problem { .invalidRequest(message, field: field.isEmpty ? nil : field) }
}

/// The format of a request's body, by its header.
enum BodyFormat {
    case json
    /// One JSON value a line, `application/x-ndjson`.
    case ndjson

    /// Reads `Content-Type`. Any type other than JSON is 415.
    ///
    /// A body without a type, or with the type that `curl -d` sets by itself, is taken as JSON if a program sent it. Browsers send
    /// these types from any page without a preflight, and mark such requests with `Origin` or `Sec-Fetch-Site`: those get 415.
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
    /// Whether a page in a browser sent the request, and not a program.
    var isFromBrowser: Bool { headers[.origin] != nil || headers[.fetchSite] != nil }
}
