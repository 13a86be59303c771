import TallywireCore
import TallywirePipeline

/// The versions that displays have to show and the versions that they confirmed: it says which displays are late and which are
/// right again. The caller passes the time.
///
/// Only displays that have confirmed once are tracked: of others nobody knows whether they ever will. A display is late when the
/// version that it has to show was published ``within`` ago and its last confirmation names another version. That includes a higher
/// version: the display then shows the state of another journal, or of this one before it was restored.
struct DisplayConfirmations: Sendable {
    /// A display with its versions.
    struct Entry: Equatable, Sendable {
        var wanted: Int64
        var wantedSince: Timestamp
        /// Whether the broker has ``wanted``. Before that the display cannot show it.
        var isPublished: Bool
        var shown: Int64?
        var shownAt: Timestamp?
        /// Whether the display was reported as late.
        var isStale = false
        var reported: UInt64 = 0
        /// The number of the last repair that named this display.
        fileprivate var sweep = 0

        var isRight: Bool { shown == wanted }
    }

    /// The sink's name.
    var sink: String
    let within: Duration
    /// The most displays. Further ones are not tracked.
    let limit: Int
    private(set) var entries: [DisplayKey: Entry] = [:]
    /// The displays that are not right, or were reported as late.
    private var open: Set<DisplayKey> = []
    /// The `seq` of the last report of displays that are not in ``entries``.
    private var reports: [DisplayKey: UInt64] = [:]
    private var sweep = 0
    private(set) var staleCount = 0

    init(sink: String, within: Duration, limit: Int) {
        self.sink = sink
        self.within = within
        self.limit = limit
    }

    // MARK: What is to be shown

    /// Notes that `key` has to show `version` from now on. The version is about to be published, or the broker has it already.
    mutating func want(_ version: Int64, at key: DisplayKey, isPublished: Bool, now: Timestamp) {
        change(key) { entry, sweep in
            entry.sweep = sweep
            if entry.wanted != version {
                entry.wanted = version
                entry.wantedSince = now
                entry.isPublished = isPublished
            } else if isPublished, !entry.isPublished {
                entry.wantedSince = now
                entry.isPublished = true
            }
        }
    }

    /// Removes `key`, which does not exist any more.
    mutating func forget(_ key: DisplayKey) {
        if entries.removeValue(forKey: key)?.isStale == true { staleCount -= 1 }
        open.remove(key)
    }

    /// Begins to check which displays still exist: those that ``want(_:at:isPublished:now:)`` names until ``endSweep()``.
    mutating func beginSweep() { sweep += 1 }

    /// Removes the displays that were not named.
    mutating func endSweep() {
        for (key, entry) in entries where entry.sweep < sweep { forget(key) }
    }

    // MARK: What is shown

    /// Whether `key` has confirmed before.
    func knows(_ key: DisplayKey) -> Bool { entries.index(forKey: key) != nil }

    /// Adds a display that confirms for the first time. `wanted` is the version that it has to show. Returns whether there was
    /// room.
    mutating func add(_ key: DisplayKey, wanted: Int64, now: Timestamp) -> Bool {
        guard !knows(key) else { return true }
        guard entries.count < limit else { return false }
        entries[key] = Entry(
            wanted: wanted, wantedSince: now, isPublished: true, reported: reports.removeValue(forKey: key) ?? 0, sweep: sweep)
        return true
    }

    /// Notes that `key` shows `version`.
    mutating func confirm(_ version: Int64, at key: DisplayKey, now: Timestamp) {
        change(key) { entry, _ in
            // A display that leaves the right version is late from then on, not from when that version was published.
            if entry.isRight, version != entry.wanted { entry.wantedSince = now }
            entry.shown = version
            entry.shownAt = now
        }
    }

    private mutating func change(_ key: DisplayKey, _ body: (inout Entry, _ sweep: Int) -> Void) {
        guard let index = entries.index(forKey: key) else { return }
        body(&entries.values[index], sweep)
        if entries.values[index].isRight, !entries.values[index].isStale { open.remove(key) } else { open.insert(key) }
    }

    // MARK: What is to be reported

    /// A display that became late or right again, and the id under which that is reported once.
    struct Finding: Equatable, Sendable {
        let key: DisplayKey
        let change: DisplayChanged
        let id: String
    }

    /// Returns what has to be reported at the time `now`: at most `limit` displays.
    func findings(now: Timestamp, limit: Int = 1000) -> [Finding] {
        let limitOfTime = within.wholeMilliseconds
        var findings: [Finding] = []
        for key in open {
            guard findings.count < limit else { break }
            guard let entry = entries[key] else { continue }
            let isLate = entry.isPublished && now.milliseconds - entry.wantedSince.milliseconds >= limitOfTime
            if entry.isStale ? entry.isRight : !entry.isRight && isLate { findings.append(finding(key, entry)) }
        }
        return findings
    }

    private func finding(_ key: DisplayKey, _ entry: Entry) -> Finding {
        let change = DisplayChanged(
            sku: key.sku, location: key.location, sink: sink, isStale: !entry.isStale, wantedVersion: entry.wanted,
            shownVersion: entry.shown)
        // The id contains the report before it, so that a display which changes between two versions is reported each time.
        var hash = FNV1a()
        for text in [sink, key.location, key.sku] {
            for byte in text.utf8 { hash.combine(byte) }
            // A byte that never occurs in UTF-8, so that the border between two texts counts.
            hash.combine(0xFF as UInt8)
        }
        let shown = entry.shown.map(String.init) ?? "none"
        let word = change.isStale ? "stale" : "current"
        return Finding(
            key: key, change: change,
            id: "display-\(String(hash.value, radix: 16))-\(entry.reported)-\(word)-\(entry.wanted)-\(shown)")
    }

    /// Notes that `finding` was reported by the event `seq`.
    mutating func reported(_ finding: Finding, by seq: UInt64?) {
        setStale(finding.change.isStale, at: finding.key, reported: seq)
    }

    /// Restores the last report of a display from an earlier run. For a display that was right only the report is kept until it
    /// confirms again, since what it has confirmed since then is not known.
    mutating func restore(_ change: DisplayChanged, seq: UInt64, at time: Timestamp) {
        let key = DisplayKey(location: change.location, sku: change.sku)
        guard change.isStale else {
            if reports.count < limit { reports[key] = seq }
            return
        }
        guard entries.count < limit else { return }
        entries[key] = Entry(wanted: change.wantedVersion, wantedSince: time, isPublished: false, shown: change.shownVersion)
        setStale(true, at: key, reported: seq)
    }

    private mutating func setStale(_ isStale: Bool, at key: DisplayKey, reported seq: UInt64?) {
        guard let entry = entries[key] else { return }
        staleCount += (isStale ? 1 : 0) - (entry.isStale ? 1 : 0)
        change(key) { entry, _ in
            entry.isStale = isStale
            entry.reported = seq ?? entry.reported
        }
    }

    /// All displays, as `/api/displays` shows them.
    var records: [DisplayRecord] {
        entries.map { key, entry in
            var record = DisplayRecord(
                sink: sink, location: key.location, sku: key.sku, wantedVersion: entry.wanted, wantedSince: entry.wantedSince)
            record.shownVersion = entry.shown
            record.shownAt = entry.shownAt
            record.isStale = entry.isStale
            return record
        }
    }
}
