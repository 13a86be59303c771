import Synchronization
import TallywireAccess

/// The keys that somebody else publishes at a URL, fetched again and again while ``run()`` runs.
///
/// Whoever verifies a token reads what was fetched last, and waits for nothing. A token of an unknown key may have the keys fetched again
/// by ``ask(then:)``: all who ask meanwhile share one fetch, and further ones are some time apart. While fetches fail, the keys of the last
/// one are used for as long as ``Settings/keep`` says.
public final class PublishedKeys: Sendable {
    /// When keys are fetched, and for how long they are used.
    public struct Settings: Equatable, Sendable {
        /// The longest time from one fetch to the next. A shorter `max-age` of the answer counts, down to a minute.
        public var refresh: Duration
        /// The shortest time between two fetches for the sake of unknown keys.
        public var askAgain: Duration
        /// How long keys are used after they were fetched, if all later fetches fail.
        public var keep: Duration

        public init(refresh: Duration = .seconds(3_600), askAgain: Duration = .seconds(30), keep: Duration = .seconds(86_400)) {
            self.refresh = refresh
            self.askAgain = askAgain
            self.keep = keep
        }
    }

    /// What a fetch brought, and how long it stays good if the answer says so.
    public struct Answer: Sendable {
        public var keys: PublishedKeySet
        public var maxAge: Duration?

        public init(keys: PublishedKeySet, maxAge: Duration? = nil) {
            self.keys = keys
            self.maxAge = maxAge
        }
    }

    public typealias Fetch = @Sendable () async throws(KeyError) -> Answer
    public typealias Report = @Sendable (Result<PublishedKeySet, KeyError>) -> Void

    private struct State {
        var schedule: FetchSchedule
        var keys = KeySet()
        var generation: UInt64 = 0
        /// Called once the next fetch has ended. Each belongs to a request or a message of an open connection, which limits their number.
        var waiting: [@Sendable () -> Void] = []
        var hasEnded = false
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> ContinuousClock.Instant
    private let fetch: Fetch
    private let report: Report
    private let bells: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    /// How often it is checked whether a fetch is due.
    private static let period = Duration.seconds(1)

    /// - Parameters:
    ///   - fetch: fetches the keys once. It limits its own time and what it reads.
    ///   - report: called after each fetch, before those that wait for it go on.
    ///   - now: the time by which keys get old.
    public init(
        _ settings: Settings = Settings(), now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        fetch: @escaping Fetch, report: @escaping Report = { _ in }
    ) {
        state = Mutex(State(schedule: FetchSchedule(settings, at: now())))
        self.now = now
        self.fetch = fetch
        self.report = report
        (bells, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Fetches the keys whenever that is due, until the task is cancelled. Called once.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watchTime() }
            for await _ in bells { await fetchOnce() }
            group.cancelAll()
        }
        let waiting = state.withLock { state in
            state.hasEnded = true
            return Self.takeWaiting(&state)
        }
        for waiter in waiting { waiter() }
    }

    private func watchTime() async {
        while !Task.isCancelled {
            if state.withLock({ $0.schedule.tick(at: now()) }) { bell.yield() }
            try? await Task.sleep(for: Self.period)
        }
    }

    private func fetchOnce() async {
        state.withLock { $0.schedule.begin() }
        let result: Result<Answer, KeyError>
        do { result = .success(try await fetch()) } catch { result = .failure(error) }
        let waiting = state.withLock { state in
            switch result {
            case .success(let answer):
                state.schedule.succeeded(at: now(), maxAge: answer.maxAge)
                state.keys = answer.keys.keys
                state.generation += 1
            case .failure: state.schedule.failed(at: now())
            }
            return Self.takeWaiting(&state)
        }
        // A fetch that the end of the server cuts off says nothing about the keys.
        if !Task.isCancelled { report(result.map(\.keys)) }
        for waiter in waiting { waiter() }
    }

    private static func takeWaiting(_ state: inout State) -> [@Sendable () -> Void] {
        defer { state.waiting = [] }
        return state.waiting
    }

    /// Has the keys fetched now, whenever they were fetched last.
    public func refresh() {
        if state.withLock({ $0.schedule.tick(at: now(), orders: true) }) { bell.yield() }
    }

    /// Has the keys fetched again for the sake of an unknown key, and calls `then` from any thread once that fetch has ended, whatever came
    /// of it. Returns whether it will: not if somebody asked a short time ago, and not after ``run()``.
    func ask(then: @escaping @Sendable () -> Void) -> Bool {
        let answer = state.withLock { state in
            guard !state.hasEnded else { return FetchSchedule.Answer.refused }
            let answer = state.schedule.ask(at: now())
            if answer != .refused { state.waiting.append(then) }
            return answer
        }
        if answer == .begins { bell.yield() }
        return answer != .refused
    }

    // MARK: Verifying

    var generation: UInt64 { state.withLock { $0.generation } }

    func contains(_ identity: KeyIdentity) -> Bool { state.withLock { $0.keys.contains(identity) } }

    /// Returns the key for a token that names `id`.
    func key(_ id: String?, _ algorithm: SigningAlgorithm) throws(AuthenticationFailure) -> VerificationKey {
        let (keys, areUsable, isBehind) = state.withLock { state in
            (state.keys, state.schedule.areUsable(at: now()), state.schedule.isBehind)
        }
        if areUsable, let key = keys.key(id, algorithm) { return key }
        guard areUsable, !isBehind else {
            throw AuthenticationFailure(
                .keysUnavailable,
                "the keys of such tokens cannot be fetched at the moment, so nobody knows whether the token is good: try again",
                awaitsKeys: true)
        }
        throw AuthenticationFailure(.unknownKey, "the token's key is not known here", awaitsKeys: true)
    }
}
