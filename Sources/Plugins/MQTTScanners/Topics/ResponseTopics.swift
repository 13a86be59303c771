import Mosquitto
import TallywireCore
import TallywirePipeline

/// The response topics (MQTT 5) on which scans are answered: those that the entry's `responses` name, but for topics that are somebody
/// else's.
///
/// A scanner can name any topic, also one that the broker would not let it publish to. The server lends its own rights to nobody: it
/// answers under the device's own name, and where plugins.json says so.
struct ResponseTopics: Equatable, Sendable {
    /// Filters, each with `{device}` for the level that has to be the device's name.
    private let patterns: [String]
    /// Filters of topics that are never answered on: those of scans and statuses, of displays and events, and the server's own.
    private let reserved: [String]

    /// Patterns of ``ScanTopic/placeholder`` and wildcards, beside which `reserved` stay closed.
    init(patterns: [String], reserved: [String]) {
        self.patterns = patterns
        self.reserved = reserved
    }

    /// What holds where nothing is said: all that is below the device's own level, but for its scans.
    init(of topic: ScanTopic, reserved: [String] = []) {
        self.init(patterns: [topic.own(ScanTopic.placeholder)], reserved: [topic.filter] + reserved)
    }

    /// Whether an answer may go to `wanted` that `device`, as its topic names it, asked for.
    func allow(_ wanted: String, to device: String) -> Bool {
        guard Topic.problem(wanted) == nil, StreamSafeText.isKept(by: wanted.utf8), !wanted.hasPrefix("$") else { return false }
        guard !reserved.contains(where: { Topic.matches(wanted, filter: $0) }) else { return false }
        return patterns.contains { Topic.matches(wanted, filter: $0.replacing(ScanTopic.placeholder, with: device)) }
    }

    /// What is wrong with a pattern, `nil` if nothing is. `reserved` are the filters of topics that it may not reach.
    static func problem(_ pattern: String, reserved: [TopicUse]) -> String? {
        let filter = pattern.replacing(ScanTopic.placeholder, with: "+")
        let levels = filter.split(separator: "/", omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() {
            guard level == "+" || (level == "#" && index == levels.count - 1) || !level.contains(where: { "+#{}".contains($0) })
            else {
                return "“\(pattern)” is no pattern of topics: a level is a name, {device}, + or, at the end, #"
            }
        }
        let fixed = levels.map { $0 == "+" || $0 == "#" ? "x" : String($0) }.joined(separator: "/")
        if let problem = Topic.problem(fixed) { return problem }
        if filter.hasPrefix("$") { return "topics that begin with $ are the broker's own" }
        let isBound = pattern.contains(ScanTopic.placeholder)
        // Of what each device has of its own, a pattern with its name reaches its own alone; scans and statuses are passed over, which leaves
        // nothing of a pattern that is one of theirs.
        for use in reserved where (use.kind == .own || !isBound || filter == use.filter) && Topic.overlap(filter, use.filter) {
            return "“\(pattern)” reaches \(use.filter), \(use.purpose): an answer there would be taken for something else"
        }
        return nil
    }
}
