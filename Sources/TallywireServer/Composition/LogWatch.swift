import EtcdLog
import Logging
import TallywireCore
import TallywireEngine

/// Says in the server's log when etcd has not done its part for a while, why, and when it does so again.
struct LogWatch {
    /// For how many milliseconds an etcd that elects a leader may fail without a word.
    private static let grace: Int64 = 3_000
    private static let pause: Duration = .seconds(1)

    /// The error that was told, while it lasts.
    private var told: EtcdError?

    /// Looks again and again until the task is cancelled.
    static func run(_ log: EtcdLog, logger: Logger) async {
        var watch = LogWatch()
        while !Task.isCancelled {
            watch.look(at: log.status, now: .now, logger)
            try? await Task.sleep(for: pause)
        }
    }

    mutating func look(at status: EtcdStatus, now: Timestamp, _ logger: Logger) {
        guard let trouble = status.reads ?? status.writes else {
            if told != nil { logger.notice("The log of the cluster answers again.") }
            told = nil
            return
        }
        guard now.milliseconds - trouble.since.milliseconds >= Self.grace, told?.code != trouble.error.code else { return }
        told = trouble.error
        let message: Logger.Message =
            trouble.error.code == .full
            ? "The log of the cluster takes nothing, so commands are refused. What is stored is still served."
            : "The log of the cluster does not answer. What is stored is still served, and may be late."
        logger.warning(message, metadata: ["error": "\(trouble.error)"])
    }
}
