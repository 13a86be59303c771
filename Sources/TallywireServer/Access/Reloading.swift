import Foundation
import Logging
import ServiceLifecycle
import TallywirePipeline
import UnixSignals

/// Something that was made of files, and can be made again while the server runs.
struct Reloadable: Sendable {
    let status: ReloadStatus
    /// Changes of these are noticed.
    let files: [String]
    /// Reads them again. If it throws, what there was serves on.
    let reload: @Sendable () async throws -> Void
}

/// Reads files again when they change, and on SIGHUP.
struct ReloadService: Service {
    /// How often it looks. Files are looked at, and not watched by the kernel, since mounted secrets are swapped in ways that no watch on
    /// one path sees.
    static let period = Duration.seconds(1)

    let items: [Reloadable]
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
            if items.isEmpty { logger.notice("SIGHUP: there are no keys and no certificate to read again.") }
            for item in items { await reload(item, because: "SIGHUP") }
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
            logger.notice("Read again: \(item.status.name).", metadata: ["because": "\(reason)"])
        } catch {
            item.status.failed("\(error)")
            logger.error(
                "Not usable as it is now, so what was there before serves on: \(item.status.name).",
                metadata: ["because": "\(reason)", "error": "\(error)"])
        }
    }
}

/// What tells that a file has changed, or is another one. Links are followed, as mounted secrets are swapped by their links.
struct FileStamp: Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: Date?

    /// `nil` while there is no such file.
    init?(_ path: String) {
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved) else { return nil }
        device = (attributes[.systemNumber] as? NSNumber)?.uint64Value ?? 0
        inode = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
        size = (attributes[.size] as? NSNumber)?.int64Value ?? 0
        modified = attributes[.modificationDate] as? Date
    }
}
