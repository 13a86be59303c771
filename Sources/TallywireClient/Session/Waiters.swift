extension TallywireClient {
    /// Callers that wait for something of the server.
    struct Waiters: Sendable {
        enum Goal: Hashable, Sendable {
            case live
            case room(String)
            case tracked
        }

        typealias Answer = CheckedContinuation<Joined?, any Error>
        private var waiting: [UInt64: (goal: Goal, answer: Answer)] = [:]

        mutating func add(_ id: UInt64, _ goal: Goal, _ answer: Answer) { waiting[id] = (goal, answer) }

        func has(_ goal: Goal) -> Bool { waiting.values.contains { $0.goal == goal } }

        mutating func resolve(_ goal: Goal, _ joined: Joined? = nil) {
            for (id, waiter) in waiting where waiter.goal == goal {
                waiting[id] = nil
                waiter.answer.resume(returning: joined)
            }
        }

        mutating func reject(_ goal: Goal, _ error: any Error) {
            for (id, waiter) in waiting where waiter.goal == goal {
                waiting[id] = nil
                waiter.answer.resume(throwing: error)
            }
        }

        mutating func reject(_ id: UInt64, _ error: any Error) {
            waiting.removeValue(forKey: id)?.answer.resume(throwing: error)
        }

        mutating func rejectAll(_ error: any Error) {
            for waiter in waiting.values { waiter.answer.resume(throwing: error) }
            waiting = [:]
        }
    }
}
