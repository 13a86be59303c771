import Foundation
public import Logging
import Synchronization
@_exported public import TallywireCore

/// A client of one Tallywire server, which may have several nodes: live stock for Swift apps.
///
/// The client connects and reconnects by itself, gets what it missed, and keeps the newest values of each item. ``run()`` does the
/// work, in a task of the app's. All other methods may be called from any task or thread, before, during and after ``run()``.
///
/// Each reader of ``events`` gets each event at most once, in the order of the journal.
public final class TallywireClient: Sendable {
    /// The configuration that the client was made with.
    public let configuration: Configuration
    let logger: Logger
    let tokens: Tokens
    private let core: Mutex<Core>

    /// Makes a client, which connects only in ``run()``.
    public init(_ configuration: Configuration, logger: Logger = Logger(label: "tallywire.client")) {
        self.configuration = configuration
        self.logger = logger
        tokens = Tokens(configuration.token)
        core = Mutex(Core(configuration))
    }

    /// Runs `body` with the client's state, one caller at a time, and then tells readers and waiting callers.
    ///
    /// Nothing is told while the lock is held. Resuming a task takes a lock of that task, and cancelling a task holds the same lock
    /// while it calls the task's cancellation handlers, which call this method. Each would wait for the other for ever.
    func act<Result: Sendable>(_ body: (inout Core) throws -> Result) rethrows -> Result {
        let (result, tell) = try core.withLock { core in
            let result = try body(&core)
            core.flush()
            return (result, core.takeTold())
        }
        tell()
        return result
    }

    // MARK: What is told

    /// Every event, each at most once and in the order of the journal, from the moment when this is read.
    ///
    /// At most ``Configuration/eventBuffer`` events wait for a slow reader.
    public var events: Updates<Event> {
        added { $0.replica.readers.addEvents(limit: configuration.eventBuffer) }
    }

    /// The changes of items, folded from events and snapshots. Each element has everything that changed since the reader's last
    /// one.
    public var changes: Updates<ItemChanges> { added { $0.replica.readers.addChanges() } }

    /// A variant's newest values, if known, and then each newer ones; `nil` when the variant is removed. A slow reader gets the
    /// newest.
    ///
    /// This sequence does not follow the variant. Rooms and ``track(products:variants:)`` do.
    public func item(product: ProductID, variant: VariantID? = nil) -> Updates<Item?> {
        let key = ItemKey(product: product, variant: variant)
        return added(at: key) { $0.replica.readers.addItem(key, $0.replica.items[key]) }
    }

    /// The client's current state, and each new one. A slow reader gets the newest.
    public var states: Updates<State> { added { $0.replica.readers.addStates($0.current(.now)) } }

    /// The latest failures, at most a hundred. The client continues by itself where it can.
    public var failures: Updates<Failure> { added { $0.replica.readers.addFailures() } }

    /// How rooms begin and continue after a connection was lost: for readers that have to know whether they got every event.
    public var resumptions: Updates<Resumption> { added { $0.replica.readers.addResumptions() } }

    private func added<Element>(
        at item: ItemKey? = nil, _ add: (inout Core) -> Readers.Added<Element>
    ) -> Updates<Element> {
        let (added, isClosed) = act { core in (add(&core), core.state.phase == .closed) }
        added.onEnd { [weak self] in self?.act { $0.replica.readers.remove(added.key, from: item) } }
        if isClosed { added.finish() }
        return added.updates
    }

    // MARK: What is known

    /// All items that are known now, in no particular order.
    public var items: [Item] { act { Array($0.replica.items.all.values) } }

    /// The known values of a variant, or of a product without variants.
    public subscript(product product: ProductID, variant variant: VariantID? = nil) -> Item? {
        act { $0.replica.items[ItemKey(product: product, variant: variant)] }
    }

    /// The client's current state.
    public var state: State { act { $0.current(.now) } }

    /// The journal's identity; `nil` until it is known.
    public var epoch: String? { act { $0.replica.epoch } }

    /// Rooms that this client is in or wants to be in.
    public var rooms: Set<String> { act { Set($0.replica.follows.rooms.keys) } }

    /// Everything in this room up to this position is known. Another process can pass it to ``join(_:snapshot:since:)`` later.
    public func position(of room: String) -> Position? {
        act { core in
            guard let epoch = core.replica.epoch, let seq = core.replica.follows.rooms[room]?.position else { return nil }
            return Position(epoch: epoch, seq: seq)
        }
    }
}
