extension LogEntry {
    /// The format in which a leader writes: the newest that this program writes and that all nodes read, as they report. It is the oldest
    /// as long as no node has reported.
    ///
    /// A node that reads less than `oldest` keeps nobody from writing. It halts at the next entry and says that it has to be upgraded.
    public static func format(
        readBy reports: [NodeReport], oldest: UInt16 = oldestFormat, newest: UInt16 = newestFormat
    ) -> UInt16 {
        guard let common = reports.map(\.format).min() else { return oldest }
        return min(newest, max(oldest, common))
    }
}
