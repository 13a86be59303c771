import Dispatch
import Synchronization

/// Runs three parts at once, each on a thread of its own as far as there are cores, and returns their results. Throws the error of
/// the first part that fails, after all have ended.
func concurrently<A: Sendable, B: Sendable, C: Sendable>(
    _ first: @Sendable () throws -> A, _ second: @Sendable () throws -> B, _ third: @Sendable () throws -> C
) throws -> (A, B, C) {
    let (a, b, c) = (Part<A>(), Part<B>(), Part<C>())
    DispatchQueue.concurrentPerform(iterations: 3) { part in
        switch part {
        case 0: a.run(first)
        case 1: b.run(second)
        default: c.run(third)
        }
    }
    return (try a.result(), try b.result(), try c.result())
}

private final class Part<Value: Sendable>: Sendable {
    private let outcome = Mutex<Result<Value, any Error>?>(nil)

    func run(_ body: () throws -> Value) {
        let result = Result { try body() }
        outcome.withLock { $0 = result }
    }

    func result() throws -> Value {
        guard let outcome = outcome.withLock({ $0 }) else { preconditionFailure("the part has not run") }
        return try outcome.get()
    }
}
