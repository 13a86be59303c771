import Synchronization
import TallywireAccess

/// How many connections are open on all event loops, in total and from each address.
final class ConnectionCount: Sendable {
    /// How many connections beyond the limit still get a response that says so.
    static let answered = 256

    enum Admission: Equatable {
        case within
        /// One connection too many, in total or from its address.
        case beyond(PortMetrics.Limit)
        case farBeyond
    }

    private let limit: Int
    private let open = Atomic(0)
    private let addresses: AddressCount?
    private let proxies: TrustedProxies

    init(limit: Int, perAddress: Int? = nil, proxies: TrustedProxies = TrustedProxies()) {
        self.limit = limit
        self.proxies = proxies
        addresses = perAddress.map { AddressCount(limit: $0) }
    }

    var current: Int { open.load(ordering: .relaxed) }

    /// Counts a connection from `peer`. Whatever the admission is, ``closed(_:)`` has to be called when the connection ends.
    func opened(_ peer: IPAddress?) -> Admission {
        let count = open.wrappingAdd(1, ordering: .relaxed).newValue
        let isWithinShare = ownAddress(peer).map { addresses?.opened($0) ?? true } ?? true
        if count > limit + Self.answered { return .farBeyond }
        if count > limit { return .beyond(.connections) }
        return isWithinShare ? .within : .beyond(.connectionsPerAddress)
    }

    func closed(_ peer: IPAddress?) {
        open.wrappingSubtract(1, ordering: .relaxed)
        if let address = ownAddress(peer) { addresses?.closed(address) }
    }

    /// Counts a WebSocket of a caller behind a proxy. Returns whether there is room. If so, ``closed(behindProxy:)`` has to be
    /// called at its end.
    func opened(behindProxy caller: IPAddress) -> Bool {
        guard let addresses else { return true }
        if addresses.opened(caller.countedAddress) { return true }
        addresses.closed(caller.countedAddress)
        return false
    }

    func closed(behindProxy caller: IPAddress) { addresses?.closed(caller.countedAddress) }

    /// The address to whose share a connection of `peer` counts. A proxy's connection counts to none, since it carries many
    /// callers.
    private func ownAddress(_ peer: IPAddress?) -> IPAddress? {
        guard let peer, addresses != nil, !proxies.contains(peer) else { return nil }
        return peer.countedAddress
    }
}

/// How many connections each address has. Only addresses with a connection are stored.
private final class AddressCount: Sendable {
    private let limit: Int
    private let counts = Mutex<[IPAddress: Int]>([:])

    init(limit: Int) { self.limit = limit }

    /// Counts one more connection. Returns whether it is within the limit.
    func opened(_ address: IPAddress) -> Bool {
        counts.withLock { counts in
            counts[address, default: 0] += 1
            return counts[address, default: 0] <= limit
        }
    }

    func closed(_ address: IPAddress) {
        counts.withLock { counts in
            guard let count = counts[address] else { return }
            counts[address] = count > 1 ? count - 1 : nil
        }
    }
}
