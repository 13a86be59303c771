import HTTPPort
import TallywireAccess
import TallywireCore
import TallywireEngine

/// The moment that a request asks about with `seq` or `at`.
struct PastMoment: Sendable {
    /// The last event of the moment.
    let seq: UInt64
    /// The parameter that names the moment.
    private let field: String

    /// `nil` for a request about now.
    init?(_ query: QueryReader, of api: InventoryAPI) async throws {
        let seq = try query.integer("seq", in: 0...UInt64(Limits.largestBalance))
        let time = try query.timestamp("at")
        let moment: JournalMoment
        switch (seq, time) {
        case (nil, nil): return nil
        case (.some, .some): throw Problem.invalidRequest("“at” and “seq” name a moment each: give one of them", field: "seq")
        case (let seq?, nil): (moment, field) = (.seq(seq), "seq")
        case (nil, let time?):
            (moment, field) = (.time(time), "at")
            let now = api.access.authenticator.now
            // Events bear later times where the clock was set back.
            guard try time <= max(now, api.journal.clocks().lastEvent ?? now) else {
                throw Problem.invalidRequest("it is \(now), and what will be so later is not known", field: "at")
            }
        }
        do { self.seq = try await api.journal.event(at: moment) } catch let error as PastError {
            throw Problem(error, field: field)
        }
    }

    /// For a message: “after event 42”.
    var words: String { " after event \(seq)" }

    fileprivate func read<Value>(_ body: (UInt64) async throws -> Value) async throws -> Value {
        do { return try await body(seq) } catch let error as PastError { throw Problem(error, field: field) }
    }
}

extension PastMoment? {
    /// Reads what was so at the moment, or, if the request is about now, what is so.
    func read<Value>(
        _ then: (UInt64) async throws -> Value, now: () async throws -> Value
    ) async throws -> Value {
        guard let self else { return try await now() }
        return try await self.read(then)
    }
}
