/// Whether a limit of memory, such as that of a container or a unit, leaves the server enough.
struct MemoryCheck: Sendable {
    /// What the server needs besides the recent events: programs and plugins, connections, the catalogue of a middle-sized shop.
    static let base: UInt64 = 256 << 20

    /// The lowest limit of the control groups; `nil` for none.
    let limit: UInt64?
    /// What the control group uses; `nil` if that is not known.
    var used: UInt64?
    /// `journal.ring.size`.
    let ring: UInt64
    let isServers: Bool

    var finding: Finding {
        guard let limit else { return .ok("memory", "no control group limits it") }
        let whose = isServers ? "the server's control group" : "the control group of this command"
        let use = used.map { ", and uses \(FolderCheck.size($0))" } ?? ""
        let text = "\(whose) may use \(FolderCheck.size(limit))\(use)"
        let advice = "raise the limit (MemoryMax= of the unit, --memory of the container), or lower journal.ring.size"
        if limit < Self.base + ring {
            return .warning("memory", "\(text); with journal.ring.size \(FolderCheck.size(ring)) that is little", advice)
        }
        if isServers, let used, Double(used) > 0.9 * Double(limit) { return .warning("memory", text, advice) }
        return .ok("memory", text)
    }
}
