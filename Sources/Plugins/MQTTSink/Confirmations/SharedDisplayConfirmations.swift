import Synchronization
import TallywireCore
import TallywirePipeline

/// The sink's ``DisplayConfirmations``, which the HTTP port and `/metrics` read as well. Safe from any task.
final class SharedDisplayConfirmations: Sendable {
    private let confirmations: Mutex<DisplayConfirmations>

    init(within: Duration, limit: Int) { confirmations = Mutex(DisplayConfirmations(sink: "", within: within, limit: limit)) }

    func access<Result: Sendable>(_ body: (inout DisplayConfirmations) -> Result) -> Result { confirmations.withLock { body(&$0) } }

    var records: [DisplayRecord] { access { $0.records } }
    var count: Int { access { $0.entries.count } }
    var staleCount: Int { access { $0.staleCount } }
}
