import TallywirePipeline

/// What a rule of the `mqtt` sink publishes, as an access list sees it.
struct Publication: Equatable {
    /// The topic's levels, with places such as `{sku}`.
    let levels: [Substring]
    let isDisplay: Bool

    /// The rules of the sink with these options.
    static func all(_ options: ConfigurationValue) -> [Publication] {
        guard case .list(let rules)? = options["publish"]?.content else { return [] }
        return rules.compactMap { rule in
            rule["topic"]?.string.map { topic in
                // An object says what a display gets.
                if case .object? = rule["payload"]?.content { return Publication(topic: topic, isDisplay: true) }
                return Publication(topic: topic, isDisplay: rule["payload"]?.string == "display")
            }
        }
    }

    init(topic: String, isDisplay: Bool) {
        // The pieces outlive the string that they are cut from.
        levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        self.isDisplay = isDisplay
    }

    /// The topics as a filter: a level with a place is any, but that of the location if one is given.
    func filter(at location: String? = nil) -> String {
        levels.map { level in
            if let location, level == "{location}" { return location }
            return level.contains("{") ? "+" : String(level)
        }.joined(separator: "/")
    }

    /// The server writes, and reads displays to compare what the broker keeps; displays tell it what they show.
    var serverRules: [String] {
        isDisplay ? ["topic readwrite \(filter())", "topic read \(filter())/shown"] : ["topic write \(filter())"]
    }

    func displayRules(at location: String?) -> [String] {
        ["topic read \(filter(at: location))", "topic write \(filter(at: location))/shown"]
    }
}
