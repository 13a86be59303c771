import Mosquitto

/// Where scanners publish and are answered: a topic with `{device}` as one of its levels, such as `scanners/{device}/scan`.
public struct ScanTopic: Equatable, Sendable {
    private let levels: [String]
    private let deviceLevel: Int

    /// What stands for the device in a template.
    public static let placeholder = "{device}"

    /// Why a template cannot be used, for people.
    public struct Mistake: Error, Equatable, CustomStringConvertible {
        public let description: String
    }

    public init(template: String) throws(Mistake) {
        let levels = template.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let places = levels.indices.filter { levels[$0] == Self.placeholder }
        guard places.count == 1, let place = places.first else {
            throw Mistake(description: "the topic needs \(Self.placeholder) once as a whole level, as in scanners/{device}/scan")
        }
        self.levels = levels
        deviceLevel = place
        for (index, level) in levels.enumerated() where index != place {
            if level.contains(where: { "{}+#".contains($0) }) {
                throw Mistake(description: "the topic's level “\(level)” cannot contain { } + or #")
            }
        }
        if let problem = Topic.problem(template) { throw Mistake(description: problem) }
        // Answers go there: they would come back as scans.
        if levels.last == "ack" { throw Mistake(description: "the topic cannot end with ack, where the answers go") }
    }

    /// The subscription that gets the scans of all devices.
    public var filter: String {
        levels.indices.map { $0 == deviceLevel ? "+" : levels[$0] }.joined(separator: "/")
    }

    /// Where `device` publishes its scans.
    public func scans(of device: String) -> String {
        levels.indices.map { $0 == deviceLevel ? device : levels[$0] }.joined(separator: "/")
    }

    /// Where `device` is answered if it named no response topic: the last level replaced by `ack`, or `ack` added if the device
    /// is the last level.
    public func answers(to device: String) -> String {
        var result = levels
        result[deviceLevel] = device
        if deviceLevel == levels.count - 1 { result.append("ack") } else { result[levels.count - 1] = "ack" }
        return result.joined(separator: "/")
    }

    /// The template of the topic where devices say whether they are there: the last level replaced by `status`, or `status` added if
    /// the device is the last level.
    public var statusTemplate: String {
        var result = levels
        if deviceLevel == levels.count - 1 { result.append("status") } else { result[levels.count - 1] = "status" }
        return result.joined(separator: "/")
    }

    /// The device that published to `topic`, `nil` if it is another topic.
    public func device(of topic: String) -> String? {
        let parts = topic.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == levels.count else { return nil }
        for index in levels.indices where index != deviceLevel && parts[index] != levels[index] { return nil }
        return String(parts[deviceLevel])
    }
}
