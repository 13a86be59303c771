import Mosquitto
import TallywireCore
import TallywirePipeline

/// The response topics (MQTT 5) on which scans get replies: those that the entry's `responses` allow, except topics with another
/// meaning.
///
/// A scanner can name any topic, also one to which the broker would not let it publish. The server lends its own rights to no
/// device: it replies under the device's own name, and where plugins.json allows it.
struct ResponseTopics: Equatable, Sendable {
    /// Filters, each with `{device}` for the level that has to be the device's name.
    private let patterns: [String]
    /// Filters of topics that never get replies: those of scans and statuses, of displays and events, and the server's own.
    private let reserved: [String]

    /// Patterns with ``ScanTopic/placeholder`` and wildcards. Topics that match `reserved` stay closed.
    init(patterns: [String], reserved: [String]) {
        self.patterns = patterns
        self.reserved = reserved
    }

    /// The default for an entry without `responses`: all topics below the device's own level, except those of scans.
    init(of topic: ScanTopic, reserved: [String] = []) {
        self.init(patterns: [topic.own(ScanTopic.placeholder)], reserved: [topic.filter] + reserved)
    }

    /// Whether a reply may go to `wanted`, the response topic that `device` named. `device` is the name in the scan's topic.
    func allow(_ wanted: String, to device: String) -> Bool {
        guard Topic.problem(wanted) == nil, StreamSafeText.isKept(by: wanted.utf8), !wanted.hasPrefix("$") else { return false }
        guard !reserved.contains(where: { Topic.matches(wanted, filter: $0) }) else { return false }
        return patterns.contains { Topic.matches(wanted, filter: $0.replacing(ScanTopic.placeholder, with: device)) }
    }

    /// What is wrong with a pattern; `nil` if nothing is. `reserved` are the topics that the pattern may not match.
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
        // Among topics that every device has for itself, a pattern with the device's name matches that device's alone. Scans and
        // statuses among them never get replies, so a pattern that equals one of those filters would match nothing.
        for use in reserved where (use.kind == .own || !isBound || filter == use.filter) && Topic.overlap(filter, use.filter) {
            return "“\(pattern)” reaches \(use.filter), \(use.purpose): an answer there would be taken for something else"
        }
        return nil
    }
}
