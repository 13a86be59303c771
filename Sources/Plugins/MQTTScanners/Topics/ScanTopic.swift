import MQTTConnection
import Mosquitto
import TallywirePipeline

/// Where scanners publish and get replies: a topic with `{device}` as one of its levels, such as `scanners/{device}/scan`.
///
/// Other levels may be wildcards: `+` for one level, and `#` at the end for any number, as in `plant/+/scanners/{device}/scan`.
///
/// This is not a `TopicTemplate`: it is a filter, so values alone make no topic of it. What its wildcards match has no name, and is
/// kept in the reply's topic. The topic of each scan is compared level by level, and the device's level may be empty.
public struct ScanTopic: Equatable, Sendable {
    private let levels: [String]
    private let deviceLevel: Int

    /// What stands for the device in a template.
    public static let placeholder = "{device}"
    /// Last levels that are not scans though a wildcard would match them: the server's own replies, and the statuses of devices.
    private static let reserved: Set<Substring> = ["ack", "status"]

    /// Why a template cannot be used, for people.
    public typealias Mistake = TemplateMistake

    public init(template: String) throws(Mistake) {
        let levels = template.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let places = levels.indices.filter { levels[$0] == Self.placeholder }
        guard places.count == 1, let place = places.first else {
            throw Mistake("the topic needs \(Self.placeholder) once as a whole level, as in scanners/{device}/scan")
        }
        self.levels = levels
        deviceLevel = place
        for (index, level) in levels.enumerated() where index != place && level != "+" {
            if level == "#", index == levels.count - 1 { continue }
            if level == "#" { throw Mistake("# can only be the topic's last level") }
            if level.contains(where: { "{}+#".contains($0) }) {
                throw Mistake("the topic's level “\(level)” cannot contain { } + or #, but can be + or #")
            }
        }
        // Each wildcard counts as one character. The rest has to be a valid topic.
        let fixed = levels.map { $0 == "+" || $0 == "#" ? "x" : $0 }.joined(separator: "/")
        if let problem = Topic.problem(fixed) { throw Mistake(problem) }
        // Replies go to `ack`: they would come back as scans.
        if levels.last == "ack" { throw Mistake("the topic cannot end with ack, where the answers go") }
    }

    /// The subscription that gets the scans of all devices.
    public var filter: String { pattern("+") }

    /// The same as a shared subscription of a group of clients, in which each client gets a part of the messages (MQTT 5, section
    /// 4.8.2).
    public func filter(sharedBy group: String?) -> String { group.map { "$share/\($0)/\(filter)" } ?? filter }

    /// The topic on which `device` publishes its scans; `nil` if the template has wildcards.
    public func scans(of device: String) -> String? {
        if levels.contains(where: { $0 == "+" || $0 == "#" }) { return nil }
        return example(of: device)
    }

    /// A topic on which `device` might publish, with the device's name for the wildcards too.
    public func example(of device: String) -> String {
        levels.indices.map { $0 == deviceLevel || levels[$0] == "+" || levels[$0] == "#" ? device : levels[$0] }
            .joined(separator: "/")
    }

    /// The template with `name` for the device and the wildcards kept: for access lists.
    public func pattern(_ name: String) -> String { joined(levels, name) }

    /// The template of the topic where devices say whether they are online: the last level replaced by `status`, or `status` added
    /// if the device is the last level.
    public var statusTemplate: String { levels(beside: "status").joined(separator: "/") }

    /// A filter for all topics of one device: everything under its name.
    public func own(_ name: String) -> String { joined(levels[...deviceLevel] + ["#"], name) }

    private func joined(_ levels: some Sequence<String>, _ name: String) -> String {
        levels.map { $0 == Self.placeholder ? name : $0 }.joined(separator: "/")
    }

    /// The topic for the reply to a scan that came on `topic` and named no response topic: the last level replaced by `ack`, or
    /// `ack` added if the device is the last level. `nil` if `topic` is not a topic of scans.
    public func replyTopic(forScansOn topic: String) -> String? {
        guard var result = match(topic) else { return nil }
        if deviceLevel == result.count - 1 { result.append("ack") } else { result[result.count - 1] = "ack" }
        return result.joined(separator: "/")
    }

    /// A filter for the replies to the scans of all devices.
    public var replyFilter: String { joined(levels(beside: "ack"), "+") }

    /// The levels with `word` for the last one, or behind it if that is the device.
    private func levels(beside word: String) -> [String] {
        (deviceLevel == levels.count - 1 ? levels : levels.dropLast()) + [word]
    }

    /// The device that published a scan to `topic`; `nil` if `topic` is not a topic of scans.
    public func device(of topic: String) -> String? { match(topic).map { String($0[deviceLevel]) } }

    /// The levels of `topic`; `nil` if `topic` is not a topic of scans.
    private func match(_ topic: String) -> [Substring]? {
        let parts = topic.split(separator: "/", omittingEmptySubsequences: false)
        // `#` also matches no level at all, which would leave the device without a scan.
        guard levels.last == "#" ? parts.count >= levels.count : parts.count == levels.count else { return nil }
        for (index, level) in levels.enumerated() where index != deviceLevel && level != "+" && level != "#" {
            if parts[index] != level { return nil }
        }
        // A topic that a wildcard matches may not be one of the server's own.
        if levels.last == "+" || levels.last == "#", let last = parts.last, Self.reserved.contains(last) { return nil }
        return parts
    }
}
