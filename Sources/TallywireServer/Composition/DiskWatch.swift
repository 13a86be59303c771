import Logging
import PipelineHost
import ServiceLifecycle
import TallywireConfiguration
import TallywireEngine
import TallywireHTTP

/// What the room that is left on a disk means. A value: it decides, and reads nothing.
enum DiskVerdict: Equatable {
    case fine
    /// Somebody should free some space.
    case low
    /// Nothing more is written.
    case full

    /// The verdict about `room` after `before`. A limit is no more than a quarter of the disk, so that a small one can be used. A disk counts as full until it has a quarter more room than where it became so, and
    /// as low in the same way: a verdict that changes back and forth would be of no use.
    init(_ room: DiskRoom, after before: DiskVerdict, _ limits: JournalSettings.Disk) {
        func isBelow(_ limit: ByteSize, _ verdicts: [DiskVerdict]) -> Bool {
            let limit = min(limit.bytes, room.total / 4)
            return room.free < (verdicts.contains(before) ? limit + limit / 4 : limit)
        }
        self = isBelow(limits.stop, [.full]) ? .full : isBelow(limits.warn, [.low, .full]) ? .low : .fine
    }
}

/// Watches the room on the disk of the journal: warns before it is full, and closes the gate in time, so that a commit does not fail in the
/// middle.
final class DiskWatch: Service {
    /// How often the disk is looked at. At a gigabyte a second it would lose 1 GB in that time.
    private static let period: Duration = .seconds(1)
    /// How often a warning comes again.
    private static let again: Duration = .seconds(3_600)

    private let folder: String
    private let limits: JournalSettings.Disk
    private let gate: WriteGate
    private let logger: Logger

    init(folder: String, limits: JournalSettings.Disk, gate: WriteGate, logger: Logger) {
        (self.folder, self.limits, self.gate, self.logger) = (folder, limits, gate, logger)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            var verdict = DiskVerdict.fine
            var lastWarning: ContinuousClock.Instant?
            while !Task.isCancelled {
                if let room = DiskRoom(of: folder) {
                    let before = verdict
                    verdict = DiskVerdict(room, after: before, limits)
                    let isDue = lastWarning.map { ContinuousClock.now - $0 >= Self.again } ?? true
                    if verdict != before || verdict != .fine && isDue {
                        tell(verdict, before, room)
                        lastWarning = .now
                    }
                }
                // The loop ends if the task was cancelled.
                try? await Task.sleep(for: Self.period)
            }
        }
    }

    private func tell(_ verdict: DiskVerdict, _ before: DiskVerdict, _ room: DiskRoom) {
        let details: Logger.Metadata = [
            "folder": "\(folder)", "free": "\(Self.size(room.free))", "total": "\(Self.size(room.total))",
        ]
        switch verdict {
        case .full:
            gate.close(
                "the disk of the journal has \(Self.size(room.free)) left: somebody has to make room, then this works again by itself"
            )
            logger.error(
                "The disk of the journal is nearly full, so movements are refused. Make room, and they are taken again.",
                metadata: details)
        case .low:
            gate.open()
            logger.warning(
                "The disk of the journal has little room left. Below \(limits.stop) movements are refused.", metadata: details)
        case .fine:
            gate.open()
            if before != .fine { logger.notice("The disk of the journal has room again.", metadata: details) }
        }
    }

    private static func size(_ bytes: Int) -> ByteSize { .mebibytes(bytes >> 20) }
}

extension DiskRoom {
    /// Of the file system with `folder`; `nil` if that cannot be asked, as when it is gone: the next commit says what is wrong.
    init?(of folder: String) {
        guard let space = Machine.space(at: folder) else { return nil }
        self.init(free: Int(clamping: space.free), total: Int(clamping: space.total))
    }
}
