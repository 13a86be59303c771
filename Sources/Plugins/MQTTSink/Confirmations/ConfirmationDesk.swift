import Synchronization
import TallywireCore
import TallywirePipeline

/// The sink's ``ConfirmationBook``, which the HTTP port and `/metrics` read as well. Safe from any task.
final class ConfirmationDesk: Sendable {
    private let book: Mutex<ConfirmationBook>

    init(within: Duration, limit: Int) { book = Mutex(ConfirmationBook(sink: "", within: within, limit: limit)) }

    func access<Result: Sendable>(_ body: (inout ConfirmationBook) -> Result) -> Result { book.withLock { body(&$0) } }

    var records: [DisplayRecord] { access { $0.records } }
    var count: Int { access { $0.entries.count } }
    var staleCount: Int { access { $0.staleCount } }
}
