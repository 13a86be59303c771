import Foundation
import TallywireCore

/// Reads what somebody asks as JSON, wherever it comes from, or says what is wrong with it.
package struct BodyReader {
    private let decoder = JSONDecoder()

    /// `now` tells the century of a two-digit year.
    package init(now: Timestamp) { decoder.userInfo[.year] = now.year }

    /// Decodes one JSON value. `userInfo` is for the type that is decoded.
    package func read<Body: Decodable>(
        _ type: Body.Type, from bytes: some Collection<UInt8>, _ userInfo: [CodingUserInfoKey: any Sendable] = [:]
    ) throws(BodyError) -> Body {
        for (key, value) in userInfo { decoder.userInfo[key] = value }
        guard bytes.contains(where: { !Self.isSpace($0) }) else { throw BodyError("a JSON body is expected") }
        if let place = StreamSafeText.firstBreach(in: bytes) {
            throw BodyError("byte \(place) of the body: \(StreamSafeText.mistake)")
        }
        let value: JSONValue
        do throws(JSONReader.Mistake) { value = try JSONReader.value(of: Array(bytes), depth: JSONReader.decoderDepth) } catch {
            let (line, column) = error.place(in: bytes)
            throw BodyError("the body is not valid JSON: \(error.expected) is expected at line \(line), column \(column)")
        }
        if let twice = value.repeatedPath {
            throw BodyError(field: twice, "“\(twice.excerpt)” is there twice, and only one of them could count")
        }
        do {
            return try decoder.decode(type, fromOutside: bytes)
        } catch let error as BodyError {
            throw error
        } catch let error as DecodingError {
            throw Self.mistake(error)
        } catch {
            throw BodyError("the body is not valid JSON")
        }
    }

    /// What `MemberReader` did not put into words itself.
    private static func mistake(_ error: DecodingError) -> BodyError {
        switch error {
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context):
            return BodyError(context.codingPath, "the value has not the expected form")
        @unknown default: return BodyError("the body has not the expected form")
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension CodingUserInfoKey {
    /// The current year.
    package static let year = CodingUserInfoKey(rawValue: "year")!
}

/// A mistake in one member of a JSON body.
package struct BodyError: Error, Equatable {
    /// Where in the body, such as `lines[2].quantity`; empty for the body as a whole.
    package var field: String
    /// What was expected, as a sentence.
    package let message: String

    package init(_ path: [any CodingKey], _ message: String) {
        self.field = Self.describe(path)
        self.message = message
    }

    package init(field: String = "", _ message: String) {
        self.field = field
        self.message = message
    }

    /// Writes a path as people do: `lines[2].quantity`.
    package static func describe(_ path: [any CodingKey]) -> String {
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
}
