extension TallywireClient {
    /// Callers that wait for something from the server. They are resumed through ``takeTold()``.
    struct Waiters: Sendable {
        enum Goal: Hashable, Sendable {
            case live
            case room(String)
            case tracked
        }

        typealias Answer = CheckedContinuation<Joined?, any Error>
        private var waiting: [UInt64: (goal: Goal, answer: Answer)] = [:]
        private var told: [@Sendable () -> Void] = []

        mutating func add(_ id: UInt64, _ goal: Goal, _ answer: Answer) { waiting[id] = (goal, answer) }

        func has(_ goal: Goal) -> Bool { waiting.values.contains { $0.goal == goal } }

        mutating func resolve(_ goal: Goal, _ joined: Joined? = nil) {
            for (id, waiter) in waiting where waiter.goal == goal { answer(id, .success(joined)) }
        }

        mutating func reject(_ goal: Goal, _ error: any Error) {
            for (id, waiter) in waiting where waiter.goal == goal { answer(id, .failure(error)) }
        }

        mutating func reject(_ id: UInt64, _ error: any Error) { answer(id, .failure(error)) }

        mutating func rejectAll(_ error: any Error) {
            for id in waiting.keys { answer(id, .failure(error)) }
        }

        mutating func takeTold() -> [@Sendable () -> Void] {
            defer { told = [] }
            return told
        }

        private mutating func answer(_ id: UInt64, _ result: Result<Joined?, any Error>) {
            guard let waiter = waiting.removeValue(forKey: id) else { return }
            told.append { waiter.answer.resume(with: result) }
        }
    }
}
