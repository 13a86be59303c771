import Foundation
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
        if let twice = JSONSyntax.memberThatIsThereTwice(in: bytes) {
            throw .invalidRequest("“\(twice.excerpt)” is there twice, and only one of them could count", field: twice)
        }
        do {
            return try decoder.decode(type, fromOutside: bytes)
        } catch let error as BodyError {
            throw error.problem
        } catch let error as DecodingError {
            throw Self.problem(error, in: bytes)
        } catch {
            throw .invalidRequest("the body is not valid JSON")
        }
    }

    /// What `MemberReader` did not put into words itself.
    private static func problem(_ error: DecodingError, in bytes: some Collection<UInt8>) -> Problem {
        if let mistake = JSONSyntax.mistake(in: bytes) {
            return .invalidRequest(
                "the body is not valid JSON: \(mistake.expected) is expected at line \(mistake.line), column \(mistake.column)")
        }
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
