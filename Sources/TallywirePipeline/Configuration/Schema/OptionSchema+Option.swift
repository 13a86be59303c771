extension OptionSchema {
    /// One key of an object, with what may stand there.
    public struct Option: Sendable {
        public var key: String
        public var kind: OptionKind
        /// Whether its absence is a mistake.
        public var isRequired: Bool
        /// What holds when it is absent; checked and converted like a value of the file, so that `[:]` gives an object with
        /// its own defaults. Without one the key stays absent.
        public var defaultValue: ConfigurationValue?
        /// What it does, in a sentence.
        public var summary: String
        /// Whether its value (the keys of a map) names a place where events come from or go to: a topic, a room, a file.
        /// `tallywire graph` draws those.
        public var isEndpoint: Bool

        public static func required(
            _ key: String, _ kind: OptionKind, _ summary: String, isEndpoint: Bool = false
        ) -> Option {
            Option(key: key, kind: kind, isRequired: true, defaultValue: nil, summary: summary, isEndpoint: isEndpoint)
        }

        public static func optional(
            _ key: String, _ kind: OptionKind, default: ConfigurationValue? = nil, _ summary: String, isEndpoint: Bool = false
        ) -> Option {
            Option(key: key, kind: kind, isRequired: false, defaultValue: `default`, summary: summary, isEndpoint: isEndpoint)
        }
    }
}
