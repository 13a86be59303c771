import HTTPPort
import HTTPTypes
import PipelineHost
import TallywireConfiguration
import TallywireCore
import TallywireEngine

extension Problem {
    /// The problem for `rejection`.
    public init(_ rejection: Rejection) {
        self.init(
            rejection.code.httpStatus, code: rejection.code.rawValue, title: rejection.code.title, detail: rejection.message,
            field: rejection.field, available: rejection.available, retryAfter: rejection.code.retryAfter)
    }

    static func unknownMovement(_ id: String) -> Problem {
        Problem(
            .notFound, code: "unknown_movement", title: "No such movement",
            detail: "no answer is kept for “\(id.excerpt)”: it never came, it was never decided, or its time is over")
    }

    /// The requested events are no longer kept.
    static func pruned(after seq: UInt64, first: UInt64) -> Problem {
        Problem(
            .gone, code: "pruned", title: "No longer kept",
            detail:
                "the events after \(seq) are partly gone, the first one kept is \(first): read the stock anew and go on from there",
            field: "after")
    }

    /// What was so at a moment, which `field` of the request names, is not known.
    init(_ error: PastError, field: String) {
        switch error {
        case .notYet(let last):
            self = .invalidRequest(
                "the last event is \(last): a later one has not happened yet, or is of another journal", field: field)
        case .notKept(let oldest):
            self.init(
                .gone, code: "pruned", title: "No longer kept",
                detail: "the events since then are no longer all kept; the oldest moment that can be answered is \(oldest.words)",
                field: field)
            self.oldest = Oldest(seq: oldest.seq, timestamp: oldest.timestamp)
        case .tooFar(let oldest):
            self.init(
                .gone, code: "too_far_back", title: "Too much has changed since",
                detail: "more than \(Limits.eventsPerPast) events would have to be read: ask for a later moment, such as "
                    + "\(oldest.words), for one SKU, or for fewer items a page",
                field: field)
            self.oldest = Oldest(seq: oldest.seq, timestamp: oldest.timestamp)
        }
    }
}

extension OldestMoment {
    fileprivate var words: String { "after event \(seq)" + (timestamp.map { ", of \($0)" } ?? "") }
}

extension Rejection.Code {
    /// The status of the response.
    ///
    /// `out_of_range` is 409 like the other rejections that depend on catalogue and stock: the same request may succeed at another
    /// time.
    var httpStatus: HTTPResponse.Status {
        switch self {
        case .invalidRequest: .badRequest
        case .unknownProduct, .unknownVariant, .unknownLocation, .unknownAlert, .unknownReservation, .unknownMovement,
            .unknownCount:
            .notFound
        case .insufficientStock, .staleExpectation, .inStock, .skuTaken, .barcodeTaken, .idTaken, .locationTaken, .outOfRange,
            .reservationExpired, .reservationClosed, .alreadyReversed, .notReversible, .nothingToUndo, .countOpen,
            .countClosed:
            .conflict
        case .idempotencyConflict, .tooLate, .outOfScope: .unprocessableContent
        case .tooLarge: .contentTooLarge
        case .internalError: .internalServerError
        case .overloaded, .unavailable: .serviceUnavailable
        case .unknown: .gatewayTimeout
        }
    }

    var title: String {
        switch self {
        case .invalidRequest: "The request is not valid"
        case .idempotencyConflict: "The id was used for something else"
        case .tooLate: "It happened too long ago"
        case .tooLarge: "More than one change can hold"
        case .unknownProduct: "No such product"
        case .unknownVariant: "No such variant"
        case .unknownLocation: "No such location"
        case .unknownAlert: "No such alert"
        case .unknownReservation: "No such reservation"
        case .unknownMovement: "No such movement"
        case .unknownCount: "No such count"
        case .countOpen: "A count has not ended there"
        case .countClosed: "The count is closed or has ended"
        case .outOfScope: "The count is about other items"
        case .alreadyReversed: "The movement was taken back before"
        case .notReversible: "This cannot be taken back"
        case .nothingToUndo: "There is nothing to take back"
        case .reservationExpired: "The reservation's time is over"
        case .reservationClosed: "The reservation has ended"
        case .insufficientStock: "Not enough stock"
        case .staleExpectation: "The stock is not what was expected"
        case .inStock: "Stock is left"
        case .skuTaken: "The SKU is in use"
        case .barcodeTaken: "The barcode is in use"
        case .idTaken: "The id is in use"
        case .locationTaken: "The location is in use"
        case .outOfRange: "Beyond a limit"
        case .internalError: "The server failed"
        case .overloaded: "The server is busy"
        case .unavailable: "The server cannot do this now"
        case .unknown: "Nobody can say yet whether this was done"
        }
    }

    /// Seconds after which the same request may succeed; `nil` if waiting alone does not help.
    var retryAfter: Int? {
        switch self {
        case .overloaded, .unavailable, .unknown: 1
        default: nil
        }
    }
}

/// The codes of all problems, with the status of each.
enum ProblemCode {
    /// The codes that the API itself uses.
    private static let own: [Problem] =
        [
            .unauthenticated("", error: nil), .forbidden(""), .notFound(""), .unknownSink(""), .methodNotAllowed(.get, allow: []),
            .timedOut(.zero),
            .pruned(after: 0, first: 0), Problem(.tooFar(oldest: OldestMoment(seq: 0, timestamp: nil)), field: ""), .tooLarge(""),
            .unsupportedMediaType(""), .rateLimited, .invalidConfiguration(ConfigurationError([])),
        ] + ReplayRefusal.sinkProblems

    private static let statuses: [(code: String, status: Int)] =
        Rejection.Code.allCases.map { ($0.rawValue, Int($0.httpStatus.code)) } + own.map { ($0.code, Int($0.status.code)) }

    static let all = statuses.map(\.code)

    static func status(of code: String) -> Int {
        guard let entry = statuses.first(where: { $0.code == code }) else { preconditionFailure("\(code) is no problem's code") }
        return entry.status
    }
}
