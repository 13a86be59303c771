/// The rules of the protocol for topic names and topic filters (MQTT 5, section 4.7).
public enum Topic {
    /// The most bytes in a topic.
    public static let lengthLimit = 65_535
    /// The most levels of a topic. The protocol has no limit; mosquitto refuses more than 200 (`TOPIC_HIERARCHY_LIMIT`).
    public static let levelLimit = 200

    /// Why nothing can be published to `topic`; `nil` if it is a valid topic name.
    public static func problem(_ topic: String) -> String? {
        if topic.isEmpty { return "a topic cannot be empty" }
        if topic.utf8.count > lengthLimit { return "the topic is longer than \(lengthLimit) bytes" }
        if topic.utf8.contains(0) { return "a topic cannot contain a NUL" }
        if topic.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }) {
            return "a topic to publish to cannot contain + or #"
        }
        if topic.utf8.count(where: { $0 == UInt8(ascii: "/") }) >= levelLimit {
            return "the topic has more than \(levelLimit) levels"
        }
        return nil
    }

    /// Whether there is a topic that both filters match.
    public static func overlap(_ one: String, _ other: String) -> Bool {
        let ones = one.split(separator: "/", omittingEmptySubsequences: false)
        let others = other.split(separator: "/", omittingEmptySubsequences: false)
        for index in 0..<max(ones.count, others.count) {
            // `#` also matches the level above it.
            if index < ones.count, ones[index] == "#" { return true }
            if index < others.count, others[index] == "#" { return true }
            guard index < ones.count, index < others.count else { return false }
            guard ones[index] == "+" || others[index] == "+" || ones[index] == others[index] else { return false }
        }
        return true
    }

    /// Whether a subscription to `filter` gets the messages of `topic`.
    public static func matches(_ topic: String, filter: String) -> Bool {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        let patterns = filter.split(separator: "/", omittingEmptySubsequences: false)
        // Section 4.7.2: a leading wildcard does not match topics that begin with a dollar sign.
        if topic.hasPrefix("$"), let first = patterns.first, first == "+" || first == "#" { return false }
        for (index, pattern) in patterns.enumerated() {
            if pattern == "#" { return true }
            guard index < levels.count, pattern == "+" || pattern == levels[index] else { return false }
        }
        return levels.count == patterns.count
    }
}
