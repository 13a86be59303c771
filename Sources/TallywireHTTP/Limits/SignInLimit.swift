import NIOCore
import Synchronization
import TallywireAccess

/// Limits how often a caller may try to sign in: from one address, and with one name, whether or not that name exists.
///
/// Addresses and names are counted in a fixed number of slots, chosen by a hash that nobody outside can know. So memory does not
/// grow, and the limit does not reveal which names exist. It is rare that two share a slot, and does no harm. A sign-in that
/// succeeds does not count.
final class SignInLimit: Sendable {
    /// So many attempts at once, and one more after each pause, in seconds.
    struct Rule: Equatable, Sendable {
        var burst: Double
        var pause: Double

        /// An attacker can try some 3,000 passwords of one name a day.
        static let name = Rule(burst: 10, pause: 30)
        /// There may be many people behind one address.
        static let address = Rule(burst: 30, pause: 10)
    }

    private struct Slots {
        let rule: Rule
        /// When each slot would be full again, in seconds of the clock.
        var full: [Double]

        /// The seconds until the next attempt is allowed; 0 if it is allowed now.
        func pause(_ slot: Int, _ now: Double) -> Double {
            max(0, full[slot] - now - (rule.burst - 1) * rule.pause)
        }

        mutating func take(_ slot: Int, _ now: Double) { full[slot] = max(full[slot], now) + rule.pause }
        mutating func giveBack(_ slot: Int) { full[slot] -= rule.pause }
    }

    private struct State {
        var names: Slots
        var addresses: Slots
    }

    private let state: Mutex<State>

    init(names: Rule = .name, addresses: Rule = .address, slots: Int = 4_096) {
        state = Mutex(
            State(
                names: Slots(rule: names, full: Array(repeating: 0, count: slots)),
                addresses: Slots(rule: addresses, full: Array(repeating: 0, count: slots * 4))))
    }

    /// Counts an attempt. If there were too many, returns the seconds after which to try again; otherwise `nil`.
    func pause(name: String, address: IPAddress?, now: NIODeadline = .now()) -> Int? {
        let now = Double(now.uptimeNanoseconds) / 1e9
        return state.withLock { state in
            let (slot, place) = Self.slots(name, address, state)
            let pause = max(state.names.pause(slot, now), state.addresses.pause(place, now))
            guard pause == 0 else { return Int(pause.rounded(.up)) }
            state.names.take(slot, now)
            state.addresses.take(place, now)
            return nil
        }
    }

    /// Undoes the counting of an attempt that succeeded.
    func succeeded(name: String, address: IPAddress?) {
        state.withLock { state in
            let (slot, place) = Self.slots(name, address, state)
            state.names.giveBack(slot)
            state.addresses.giveBack(place)
        }
    }

    private static func slots(_ name: String, _ address: IPAddress?, _ state: State) -> (name: Int, address: Int) {
        // Swift's hash has a seed of the process.
        let slot = Int(UInt(bitPattern: name.hashValue) % UInt(state.names.full.count))
        let place = Int(UInt(bitPattern: address?.countedAddress.hashValue ?? 0) % UInt(state.addresses.full.count))
        return (slot, place)
    }
}
