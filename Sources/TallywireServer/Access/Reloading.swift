import Foundation
import Logging
import PipelineHost
import ServiceLifecycle
import Systemd
import TallywireAuthentication
import UnixSignals

/// A value that is made from files, and can be made again while the server runs.
struct Reloadable: Sendable {
    let status: ReloadStatus
    /// The files whose changes are noticed.
    let files: [String]
    /// Reads the files again. If this throws, the earlier value stays in use.
    let reload: @Sendable () async throws -> Void
}

/// Reloads files when they change, and on SIGHUP, when plugins.json is read again too.
struct ReloadService: Service {
    /// How often the files are checked. They are checked at intervals, and not watched by the kernel, since mounted secrets are
    /// replaced in ways that a watch on one path does not see.
    static let period = Duration.seconds(1)

    let items: [Reloadable]
    let configuration: ConfigurationReload
    /// The keys of a URL, which are fetched again on SIGHUP.
    let published: PublishedKeys?
    /// Who is told when a reload on SIGHUP begins and ends.
    let supervisor: Supervisor
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await onSignals() }
                for item in items { group.addTask { await onChanges(of: item) } }
            }
        }
    }

    private func onSignals() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            tell(.reloading(microseconds: Supervisor.monotonicMicroseconds))
            // The reload has logged why it failed.
            _ = try? await configuration.reload()
            for item in items { await reload(item, because: "SIGHUP") }
            published?.refresh()
            tell(.ready(status: nil))
        }
    }

    private func tell(_ notification: ServiceNotification) {
        do { try supervisor.notify(notification) } catch {
            logger.warning("systemd could not be told of a reload.", metadata: ["error": "\(error)"])
        }
    }

    private func onChanges(of item: Reloadable) async {
        var seen = item.files.map(FileStamp.init)
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.period)
            let now = item.files.map(FileStamp.init)
            guard now != seen, !Task.isCancelled else { continue }
            seen = now
            await reload(item, because: "its files have changed")
        }
    }

    private func reload(_ item: Reloadable, because reason: String) async {
        do {
            try await item.reload()
            item.status.succeeded()
            logger.notice(
                "The server has read its \(item.status.name) again, and uses what it read.", metadata: ["because": "\(reason)"])
        } catch {
            item.status.failed("\(error)")
            logger.error(
                "The server cannot use its \(item.status.name) as the files are now, and goes on with what it read before. Mend the files.",
                metadata: ["because": "\(reason)", "error": "\(error)"])
        }
    }
}

/// Identifies a file's state, so that a change or a replacement is noticed. Links are followed, since mounted secrets are replaced
/// through their links.
struct FileStamp: Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: Date?

    /// `nil` if there is no such file.
    init?(_ path: String) {
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved) else { return nil }
        device = (attributes[.systemNumber] as? NSNumber)?.uint64Value ?? 0
        inode = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
        size = (attributes[.size] as? NSNumber)?.int64Value ?? 0
        modified = attributes[.modificationDate] as? Date
    }
}
