import TallywireCore
import TallywirePipeline

/// What displays have to show and what they confirmed: who is late, and who is right again. Pure; the clock is the caller's.
///
/// Only displays that confirmed once are in it: of others nobody knows whether they ever will. A display is late when the version that
/// it has to show was published ``within`` ago and its last confirmation names another one. A higher one too: it then shows the state
/// of another journal, or of this one before it was restored.
struct ConfirmationBook: Sendable {
    /// A display and how it stands.
    struct Entry: Equatable, Sendable {
        var wanted: Int64
        var wantedSince: Timestamp
        /// Whether the broker has ``wanted``. Before that the display cannot show it.
        var isPublished: Bool
        var shown: Int64?
        var shownAt: Timestamp?
        /// Whether it was reported as late, and the event that says how it was reported last.
        var isStale = false
        var reported: UInt64 = 0
        /// Which repair saw it last.
        fileprivate var sweep = 0

        var isRight: Bool { shown == wanted }
    }

    /// The sink's name.
    var sink: String
    let within: Duration
    /// The most displays; further ones are not taken.
    let limit: Int
    private(set) var entries: [DisplayKey: Entry] = [:]
    /// Those that are not right, or were reported not to be.
    private var open: Set<DisplayKey> = []
    /// The last reports of displays that are not in ``entries``.
    private var reports: [DisplayKey: UInt64] = [:]
    private var sweep = 0
    private(set) var staleCount = 0

    init(sink: String, within: Duration, limit: Int) {
        self.sink = sink
        self.within = within
        self.limit = limit
    }

    // MARK: What is to be shown

    /// `key` shall show `version` from now on. It is about to be published, or lies at the broker already.
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

    /// `key` does not exist any more.
    mutating func forget(_ key: DisplayKey) {
        if entries.removeValue(forKey: key)?.isStale == true { staleCount -= 1 }
        open.remove(key)
    }

    /// Begins to look which displays still exist: those that ``want(_:at:isPublished:now:)`` names until ``endSweep()``.
    mutating func beginSweep() { sweep += 1 }

    /// Forgets the displays that were not named.
    mutating func endSweep() {
        for (key, entry) in entries where entry.sweep < sweep { forget(key) }
    }

    // MARK: What is shown

    /// Whether `key` confirmed before.
    func knows(_ key: DisplayKey) -> Bool { entries.index(forKey: key) != nil }

    /// Takes a display that confirmed for the first time; `wanted` is what it has to show. Answers whether there was room.
    mutating func add(_ key: DisplayKey, wanted: Int64, now: Timestamp) -> Bool {
        guard !knows(key) else { return true }
        guard entries.count < limit else { return false }
        entries[key] = Entry(
            wanted: wanted, wantedSince: now, isPublished: true, reported: reports.removeValue(forKey: key) ?? 0, sweep: sweep)
        return true
    }

    /// `key` shows `version`.
    mutating func confirm(_ version: Int64, at key: DisplayKey, now: Timestamp) {
        change(key) { entry, _ in
            // A display that leaves the right version is late from then on, not from when that was published.
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

    /// Something that became of a display, and the id under which it is reported once.
    struct Finding: Equatable, Sendable {
        let key: DisplayKey
        let change: DisplayChanged
        let id: String
    }

    /// What has to be reported as of `now`: at most `limit` displays.
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
        // Bound to the report before it, so that a display which goes back and forth between two versions is heard each time.
        var hash = FNV1a()
        for text in [sink, key.location, key.sku] {
            for byte in text.utf8 { hash.combine(byte) }
            // A byte that no UTF-8 has, so that the border between two texts counts.
            hash.combine(0xFF as UInt8)
        }
        let shown = entry.shown.map(String.init) ?? "none"
        let word = change.isStale ? "stale" : "current"
        return Finding(
            key: key, change: change,
            id: "display-\(String(hash.value, radix: 16))-\(entry.reported)-\(word)-\(entry.wanted)-\(shown)")
    }

    /// `finding` was reported by the event `seq`.
    mutating func reported(_ finding: Finding, by seq: UInt64?) {
        setStale(finding.change.isStale, at: finding.key, reported: seq)
    }

    /// Takes over what an earlier run reported last of a display. One that was right is waited for: what it confirmed since then is not
    /// known.
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
