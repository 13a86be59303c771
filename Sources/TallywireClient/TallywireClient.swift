import Foundation
public import Logging
import Synchronization
@_exported public import TallywireCore

/// A client of one Tallywire server: live stock for Swift apps.
///
/// It connects and comes back by itself, gets what it missed, and keeps the newest value of each item. ``run()`` does the work, in a task of
/// the app's; everything else may be called from any task or thread, before, while and after it runs.
///
/// Each reader of ``events`` is told each event once at most, in the order of the journal.
public final class TallywireClient: Sendable {
    /// What it was made with.
    public let configuration: Configuration
    let logger: Logger
    let tokens: Tokens
    private let core: Mutex<Core>

    /// Nothing is connected yet.
    public init(_ configuration: Configuration, logger: Logger = Logger(label: "tallywire.client")) {
        self.configuration = configuration
        self.logger = logger
        tokens = Tokens(configuration.token)
        core = Mutex(Core(configuration))
    }

    /// Does something with all that is known, one at a time, and then tells whom it concerns.
    ///
    /// Nobody is told while the lock is held. Resuming a task takes a lock of that task's, and cancelling a task holds the same one while it
    /// calls the task's cancellation handlers, which come here: each would wait for the other, for ever.
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

    /// Every event, each once at most and in the order of the journal, from the moment this is asked for.
    ///
    /// Of a reader that is slow, ``Configuration/eventBuffer`` events wait at most.
    public var events: Updates<Event> {
        added { $0.replica.readers.addEvents(limit: configuration.eventBuffer) }
    }

    /// What becomes of items, folded from events and snapshots: each time all that changed since the reader looked last.
    public var changes: Updates<ItemChanges> { added { $0.replica.readers.addChanges() } }

    /// A variant's newest value, if one is known, and then each newer one; `nil` when it is gone. A reader that is slow gets the newest.
    ///
    /// Following it is what rooms and ``track(products:variants:)`` are for.
    public func item(product: ProductID, variant: VariantID? = nil) -> Updates<Item?> {
        let key = ItemKey(product: product, variant: variant)
        return added(at: key) { $0.replica.readers.addItem(key, $0.replica.items[key]) }
    }

    /// The client's state now, and whenever it changes. A reader that is slow gets the newest.
    public var states: Updates<State> { added { $0.replica.readers.addStates($0.current(.now)) } }

    /// What went wrong, the latest hundred. The client goes on by itself where it can.
    public var failures: Updates<Failure> { added { $0.replica.readers.addFailures() } }

    /// How rooms begin and go on after a connection was lost: for who has to know whether every event was told.
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

    /// All items that are known now, in no order.
    public var items: [Item] { act { Array($0.replica.items.all.values) } }

    /// What is known of a variant now, or of a product without variants.
    public subscript(product product: ProductID, variant variant: VariantID? = nil) -> Item? {
        act { $0.replica.items[ItemKey(product: product, variant: variant)] }
    }

    /// How the client stands now.
    public var state: State { act { $0.current(.now) } }

    /// The journal's identity, once known.
    public var epoch: String? { act { $0.replica.epoch } }

    /// Rooms that this client is in or wants to be in.
    public var rooms: Set<String> { act { Set($0.replica.follows.rooms.keys) } }

    /// Everything up to here is known in this room: to ``join(_:snapshot:since:)`` from there later, in another process.
    public func position(of room: String) -> Position? {
        act { core in
            guard let epoch = core.replica.epoch, let seq = core.replica.follows.rooms[room]?.position else { return nil }
            return Position(epoch: epoch, seq: seq)
        }
    }
}
