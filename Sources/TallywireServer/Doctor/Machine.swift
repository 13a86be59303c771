import CClock
import Foundation
import PipelineHost
import TallywirePipeline

/// What `tallywire doctor` reads of the machine.
enum Machine {
    /// A file of /proc or /sys, which have no size; `nil` if it cannot be read.
    static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the kernel's clock is synchronised, by `adjtimex(2)`; `nil` if the kernel does not tell, as in some containers.
    static var isClockSynchronised: Bool? {
        switch clock_is_synchronised() {
        case 1: true
        case 0: false
        default: nil
        }
    }

    /// The soft limit of this process's descriptors.
    static var descriptorLimit: UInt64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return nil }
        return UInt64(limit.rlim_cur)
    }

    /// The folder, or the nearest one above it that exists, without links.
    static func existing(_ folder: String) -> String {
        var url = URL(fileURLWithPath: folder)
        while !FileManager.default.fileExists(atPath: url.path), url.path != "/" { url.deleteLastPathComponent() }
        return url.resolvingSymlinksInPath().path
    }

    static func space(at folder: String) -> FolderCheck.Space? {
        var status = statvfs()
        guard statvfs(existing(folder), &status) == 0 else { return nil }
        let block = UInt64(status.f_frsize)
        return FolderCheck.Space(
            free: UInt64(status.f_bavail) * block, total: UInt64(status.f_blocks) * block, freeInodes: UInt64(status.f_favail),
            inodes: UInt64(status.f_files))
    }

    /// The journal's files whose owner is another than that of their folder.
    static func foreignFiles(of journal: String) -> [String] {
        let folder = URL(fileURLWithPath: journal).deletingLastPathComponent().path
        guard let owner = attributes(of: folder)?[.ownerAccountID] as? NSNumber else { return [] }
        return ["", "-wal", "-shm", ".lock", ".mark"].map { journal + $0 }.filter { path in
            guard let other = attributes(of: path)?[.ownerAccountID] as? NSNumber else { return false }
            return other != owner
        }.map { URL(fileURLWithPath: $0).lastPathComponent }
    }

    /// The number of the file in its file system; `nil` if there is none.
    static func inode(of path: String) -> UInt64? { (attributes(of: path)?[.systemFileNumber] as? NSNumber)?.uint64Value }

    private static func attributes(of path: String) -> [FileAttributeKey: Any]? {
        try? FileManager.default.attributesOfItem(atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    }
}
