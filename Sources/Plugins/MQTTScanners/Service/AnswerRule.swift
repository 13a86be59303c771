/// Which scans are answered. An answer that nobody reads costs the broker as much as the scan.
enum AnswerRule: String, Decodable, Sendable, CaseIterable {
    /// All of them.
    case always
    /// Those whose message names a response topic, and those of devices with feedback.
    case asked
}
