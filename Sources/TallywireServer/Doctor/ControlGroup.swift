import Foundation

/// The limit of memory of a process's control groups (version 2): the lowest of its own group and of those above.
struct ControlGroup: Sendable {
    var limit: UInt64?
    /// What the group with that limit uses.
    var used: UInt64?

    /// `process` is the text of /proc/PID/cgroup, `read` returns the text of a file below /sys/fs/cgroup.
    init(process: String, read: (String) -> String?) {
        guard let line = process.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else { return }
        var path = String(line.dropFirst(4))
        while true {
            let group = path.isEmpty ? "" : path + "/"
            if let limit = Self.number(read(group + "memory.max")), limit < self.limit ?? .max {
                self.limit = limit
                used = Self.number(read(group + "memory.current"))
            }
            guard !path.isEmpty else { return }
            path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        }
    }

    /// The group of `pid`, which is `self` for this process.
    init(of pid: String) {
        self.init(process: Machine.text("/proc/\(pid)/cgroup") ?? "") { Machine.text("/sys/fs/cgroup/" + $0) }
    }

    private static func number(_ text: String?) -> UInt64? {
        text.flatMap { UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}
