import SQLiteJournal
import TallywireEngine
import TallywireHTTP

/// What a server stands on: an engine of its own, or a node of a cluster.
protocol InventoryCore: Sendable {
    /// Where commands are handed in.
    var gateway: any CommandGateway { get }
    /// The journal of this process.
    var journal: SQLiteJournal { get }
    var feed: Feed { get }
    var writer: any WriterStatus { get }
    /// What a position beyond the last event means.
    var ahead: AheadPolicy { get }

    /// Why the core cannot do its work at the moment; `nil` if it can.
    var problem: String? { get }

    /// The node of a cluster that this is; `nil` for a server by itself.
    var member: (any ClusterMember)? { get }

    /// Returns when the thread that decides has taken a turn, and not while it is held up.
    func takeTurn() async

    /// Ends the core, if that has not been done: the commands that wait are decided, and the feed is closed.
    func stop() async
}

/// A server by itself.
struct SingleCore: InventoryCore {
    let engine: InventoryEngine
    let journal: SQLiteJournal

    var gateway: any CommandGateway { engine }
    var feed: Feed { engine.feed }
    var writer: any WriterStatus { engine }
    var ahead: AheadPolicy { .anotherJournal }
    var member: (any ClusterMember)? { nil }
    var problem: String? { engine.statistics.failure.map { "the journal cannot write: \($0)" } }

    func takeTurn() async { await engine.takeTurn() }

    func stop() async { await engine.stop() }
}
