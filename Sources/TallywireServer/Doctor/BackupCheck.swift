import TallywireCore

/// Whether the last backup is young enough.
struct BackupCheck: Sendable {
    /// A day, and two hours for a backup that takes its time or waits for its turn.
    static let longestHours: Int64 = 26

    let data: String
    let hasJournal: Bool
    /// When the last backup was found to be whole, in milliseconds since 1970; `nil` if there was none.
    let last: Int64?
    let now: Timestamp

    var finding: Finding {
        guard hasJournal else { return .ok("backup", "there is no journal yet") }
        guard let last else { return .warning("backup", "no backup of this journal was ever made", advice) }
        let hours = (now.milliseconds - last) / 3_600_000
        let time = Timestamp(milliseconds: last)
        guard hours >= -1 else {
            return .warning(
                "backup", "the last backup bears \(time), in the future", "set the clock right, and make another backup")
        }
        let text = "the last backup was made \(max(0, hours)) hours ago (\(time))"
        return hours >= Self.longestHours ? .warning("backup", text, advice) : .ok("backup", text)
    }

    private var advice: String {
        "make one each night, with a timer of cron: 0 2 * * * tallywire backup --data \(data) --to /PATH/ON/ANOTHER/DISK/tallywire.db --keep 7"
    }
}
