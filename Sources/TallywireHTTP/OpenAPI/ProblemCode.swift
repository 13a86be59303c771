import HTTPTypes
import TallywireCore

/// The codes of all problems, with the status of each.
enum ProblemCode {
    /// Those that the API itself finds.
    private static let own: [Problem] = [
        .unauthenticated("", error: nil), .forbidden(""), .notFound(""), .unknownMovement(""), .methodNotAllowed(.get, allow: []),
        .timedOut(.zero),
        .pruned(after: 0, first: 0), .tooLarge(""), .unsupportedMediaType(""), .rateLimited,
    ]

    private static let statuses: [(code: String, status: Int)] =
        Rejection.Code.allCases.map { ($0.rawValue, Int($0.httpStatus.code)) } + own.map { ($0.code, Int($0.status.code)) }

    static let all = statuses.map(\.code)

    static func status(of code: String) -> Int {
        guard let entry = statuses.first(where: { $0.code == code }) else { preconditionFailure("\(code) is no problem's code") }
        return entry.status
    }
}
