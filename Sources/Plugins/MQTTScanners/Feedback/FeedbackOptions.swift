/// How a worker is told on the device what became of a scan.
struct FeedbackOptions: Equatable, Sendable, Decodable {
    /// Where the device's gateway listens; see ``FeedbackTopic``.
    var topic: FeedbackTopic
    /// What the display says: of a scan that was applied, before what is left, of a repeat, of a refusal.
    var applied: String
    var left: String
    var repeated: String
    var rejected: String
}
