import Foundation

/// Whether the journal's folder can be used, and for how long.
struct FolderCheck: Sendable {
    /// Below these the check complains: the least bytes, and the least part of the disk.
    static let least = (bytes: UInt64(1) << 30, part: 0.05, days: 14.0)

    let path: String
    /// Why the journal cannot be written; `nil` if it can.
    var problem: String?
    /// The names of the journal's files that belong to somebody else than the folder does.
    var foreign: [String] = []
    /// `nil` if the file system does not tell.
    var space: Space?
    /// By how many bytes the journal grows a day; `nil` if that is not known.
    var growth: Double?

    struct Space: Equatable, Sendable {
        var free: UInt64
        var total: UInt64
        var freeInodes: UInt64
        /// 0 for a file system that has no fixed number.
        var inodes: UInt64
    }

    var findings: [Finding] {
        if let problem {
            return [
                .wrong(
                    "folder", problem,
                    "make the folder of journal.path, owned by the user of the server, or name another with journal.path or --data")
            ]
        }
        return [folder] + (space.map { [disk($0), inodes($0)] } ?? [])
    }

    private var folder: Finding {
        guard foreign.isEmpty else {
            return .warning(
                "folder", "files in \(path) belong to another user than the folder: \(foreign.joined(separator: ", "))",
                "give them to the owner of the folder with chown --reference: the server, which runs as that user, cannot write them"
            )
        }
        return .ok("folder", "\(path) can be written")
    }

    private func disk(_ space: Space) -> Finding {
        let days = growth.flatMap { $0 > 0 ? Double(space.free) / $0 : nil }
        let lasts = days.map { $0 > 3_650 ? ", enough for years" : ", enough for \(Int($0)) days as the journal grows now" } ?? ""
        let text = "\(Self.size(space.free)) of \(Self.size(space.total)) are free\(lasts)"
        let advice = "free some space, or let the journal keep less (journal.retention): without space no movement is taken"
        if space.free < 64 << 20 { return .wrong("disk", text, advice) }
        let isLow = space.free < Self.least.bytes || Double(space.free) < Double(space.total) * Self.least.part
        return isLow || days.map { $0 < Self.least.days } ?? false ? .warning("disk", text, advice) : .ok("disk", text)
    }

    private func inodes(_ space: Space) -> Finding {
        guard space.inodes > 0 else { return .ok("inodes", "this file system has no fixed number") }
        let text = "\(space.freeInodes) of \(space.inodes) are free"
        let advice = "delete small files on this file system: without inodes nothing new can be made, also with free space"
        if space.freeInodes < 100 { return .wrong("inodes", text, advice) }
        return space.freeInodes < 10_000 ? .warning("inodes", text, advice) : .ok("inodes", text)
    }

    static func size(_ bytes: UInt64) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var (value, unit) = (Double(bytes), 0)
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return unit == 0 ? "\(bytes) bytes" : String(format: "%.1f %@", value, units[unit])
    }
}
