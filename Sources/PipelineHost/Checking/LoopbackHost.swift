/// Recognises hosts that only this machine can reach.
enum LoopbackHost {
    /// Whether `host` is `localhost`, 127.0.0.0/8 or ::1. A name that merely resolves to one of them is not.
    static func matches(_ host: String) -> Bool {
        if ["localhost", "::1", "[::1]"].contains(host.lowercased()) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy(isByte)
    }

    private static func isByte(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (48...57).contains($0) } && UInt8(text) != nil
    }
}
