import NIOCore
import Synchronization
import TallywireAccess

/// Limits how often each address may send requests.
///
/// An address is remembered until it has been quiet for long enough that its bucket is full again. At most ``addresses`` addresses
/// are remembered, so that a flood from many addresses does not use up memory: further addresses share one bucket.
final class RequestRate: Sendable {
    static let addresses = 65_536
    /// After a rest, so many seconds' worth of requests may come at once.
    static let burst = 10

    fileprivate struct State {
        var buckets: [IPAddress: TokenBucket] = [:]
        var shared: TokenBucket
    }

    private let rate: Rate
    private let addresses: Int
    private let state: Mutex<State>

    init(perSecond: Int, addresses: Int = RequestRate.addresses, now: NIODeadline = .now()) {
        rate = Rate(perSecond: perSecond, burst: perSecond * Self.burst)
        self.addresses = addresses
        state = Mutex(State(shared: TokenBucket(rate, at: now)))
    }

    /// Counts one more request. Returns whether it may be served.
    func admits(_ address: IPAddress, at now: NIODeadline = .now()) -> Bool {
        let address = address.countedAddress
        return state.withLock { state in
            if var bucket = state.buckets[address] {
                defer { state.buckets[address] = bucket }
                return bucket.take(rate, at: now)
            }
            if state.buckets.count >= addresses { state.forgetQuiet(rate, now) }
            guard state.buckets.count < addresses else { return state.shared.take(rate, at: now) }
            var bucket = TokenBucket(rate, at: now)
            defer { state.buckets[address] = bucket }
            return bucket.take(rate, at: now)
        }
    }

    /// The number of addresses that are remembered.
    var count: Int { state.withLock { $0.buckets.count } }
}

extension RequestRate.State {
    fileprivate mutating func forgetQuiet(_ rate: Rate, _ now: NIODeadline) {
        buckets = buckets.filter { entry in
            var bucket = entry.value
            return !bucket.isFull(rate, at: now)
        }
    }
}
