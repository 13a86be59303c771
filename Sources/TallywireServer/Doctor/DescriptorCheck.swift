/// Whether the server may have as many descriptors open as it may have connections.
struct DescriptorCheck: Sendable {
    /// What the server needs besides connections: the journal, logs, brokers, and requests of its plugins.
    static let reserve: UInt64 = 512
    /// `LimitNOFILE` of the unit that comes with the package.
    static let ofUnit: UInt64 = 32_768

    /// The soft limit.
    let limit: UInt64
    /// Whether the limit is that of a running server, and not of this command.
    let isServers: Bool
    /// `http.limits.connections`.
    let connections: Int
    /// How many the running server has open; `nil` if that is not known.
    var used: UInt64?

    var finding: Finding {
        let whose = isServers ? "the server" : "a server started from here"
        let use = used.map { ", and has \($0) open" } ?? ""
        let text = "\(whose) may open \(limit) descriptors\(use); http.limits.connections is \(connections)"
        let enough = UInt64(clamping: connections) + Self.reserve
        if limit < enough {
            let advice =
                "set LimitNOFILE=\(max(Self.ofUnit, enough)) in the unit (systemctl edit tallywire), or ulimit -n before a start by hand, or lower http.limits.connections"
            return isServers && limit < UInt64(clamping: connections)
                ? .wrong("descriptors", text, advice) : .warning("descriptors", text, advice)
        }
        if let used, Double(used) > 0.9 * Double(limit) {
            return .warning(
                "descriptors", text, "find who keeps so many connections, or raise LimitNOFILE: beyond it nobody can connect")
        }
        return .ok("descriptors", text)
    }
}
