/// A condition that a test waited for and that did not become true.
public struct NeverHappened: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// Waits until `condition` holds, checking every few milliseconds. Throws ``NeverHappened`` after `deadline`, which is long so that a busy
/// machine does not decide a test.
public func eventually(
    _ what: String, within deadline: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    while clock.now < end {
        if try await condition() { return }
        try await clock.sleep(for: .milliseconds(5))
    }
    // On a busy machine the deadline may have passed since the last check.
    if try await condition() { return }
    throw NeverHappened(description: "within \(deadline) it did not happen that \(what)")
}
