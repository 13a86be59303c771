import Foundation

/// The process that has a journal, as the kernel shows it under /proc. It is read without asking the server.
struct RunningServer: Sendable {
    let pid: Int32

    /// The process that has the journal's lock; `nil` if none has it. Takes no lock, which a server that starts would meet.
    init?(journal: String) {
        let lock = journal + ".lock"
        guard let inode = Machine.inode(of: lock), let named = Machine.text(lock), let locks = Machine.text("/proc/locks") else {
            return nil
        }
        self.init(named: named, inode: inode, locks: locks)
    }

    /// `named` is the text of the lock's file, `locks` that of /proc/locks. Processes get the ids of earlier ones, so the id in the file
    /// counts only if that process has locked the file.
    init?(named: String, inode: UInt64, locks: String) {
        guard let pid = Int32(named.prefix(32).filter(\.isNumber)), pid > 0 else { return nil }
        let isLocked = locks.split(separator: "\n").contains { line in
            // 1: FLOCK  ADVISORY  WRITE 4711 08:01:262146 0 EOF
            let fields = line.split(separator: " ")
            return fields.count >= 6 && fields[1] == "FLOCK" && fields[4] == "\(pid)" && fields[5].hasSuffix(":\(inode)")
        }
        guard isLocked else { return nil }
        self.pid = pid
    }

    /// The soft limit of open descriptors; `nil` if it cannot be read.
    var descriptorLimit: UInt64? {
        Machine.text("/proc/\(pid)/limits").flatMap(Self.descriptorLimit(in:))
    }

    /// How many descriptors are open; `nil` for another user's process, which does not show them.
    var descriptors: UInt64? {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")).map { UInt64($0.count) }
    }

    /// Reads the line `Max open files SOFT HARD files`.
    static func descriptorLimit(in limits: String) -> UInt64? {
        let line = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }
        let soft = line?.dropFirst("Max open files".count).split(separator: " ").first
        return soft == "unlimited" ? .max : soft.flatMap { UInt64($0) }
    }
}
