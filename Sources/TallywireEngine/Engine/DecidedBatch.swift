import TallywireCore

/// Commands that were decided one after another, and the rows to commit for them.
struct DecidedBatch: Sendable {
    private(set) var items: [Inbox.Item] = []
    /// One outcome for each of `items`, in the same order.
    private(set) var outcomes: [Outcome] = []
    private(set) var events: [EventEnvelope] = []
    /// The bytes of the events, and a measure of those of the answers.
    private(set) var bytes = 0
    /// The values that the events changed; set when the batch is complete.
    var changes: StateChanges?
    private(set) var answers: [StoredAnswer] = []
    private var answerPositions: [String: Int] = [:]
    /// How many reservations ended in this batch because their time was over.
    var expired = 0
    private(set) var serials: [SerialCount] = []
    private var serialPositions: [SerialCount.Key: Int] = [:]

    /// By key, the movements of earlier batches that this batch reverses, with the id of the reversal.
    private var reversals: [String: String] = [:]

    var isEmpty: Bool { items.isEmpty }

    /// Whether the batch has rows to write. A rejection that is not stored leaves none, and neither does a repeat.
    var hasRows: Bool { !answers.isEmpty || !events.isEmpty }

    /// The rows of a complete batch, or `nil` if there are none.
    func rows(_ clock: SteadyClock.Mark) -> JournalBatch? {
        guard hasRows, let changes else { return nil }
        return JournalBatch(
            events: events, answers: answers, reversals: reversals, changes: changes, serials: serials,
            timestamp: Timestamp(milliseconds: clock.passed), clockOffset: clock.offset)
    }

    /// The reservation `id` if it ended in this complete batch.
    func endedReservation(_ id: String) -> Reservation? {
        changes?.reservations.last { $0.after?.id == id && $0.after?.status != .held }?.after
    }

    /// The count `id` if it ended in this complete batch.
    func endedCount(_ id: String) -> StockCount? {
        changes?.counts.last { $0.after?.id == id && $0.after?.status.hasEnded == true }?.after
    }

    /// The answer that was added last.
    var lastAnswer: StoredAnswer? { answers.last }

    /// The answer that this batch gives to the command `id`.
    func answer(to id: String) -> StoredAnswer? { answerPositions[id].map { answers[$0] } }

    /// The last time that this batch counted a unit with this serial number.
    func serialCount(of key: SerialCount.Key) -> SerialCount? { serialPositions[key].map { serials[$0] } }

    /// The id of the reversal in this batch that takes back the movement with the key `key`.
    func reversal(of key: String) -> String? { reversals[key] ?? answer(to: key)?.reversedBy }

    mutating func note(reversalOf key: String, by id: String) {
        if let position = answerPositions[key] { answers[position].reversedBy = id } else { reversals[key] = id }
    }

    mutating func add(_ count: SerialCount) {
        serialPositions[count.key] = serials.count
        serials.append(count)
    }

    mutating func add(_ item: Inbox.Item, _ outcome: Outcome) {
        items.append(item)
        outcomes.append(outcome)
    }

    mutating func add(_ event: EventEnvelope) {
        events.append(event)
        bytes += event.json.count
    }

    mutating func add(_ answer: StoredAnswer) {
        bytes += Self.answerBytes + Self.lineBytes * (answer.decided?.receipt?.lines.count ?? 0)
        answerPositions[answer.id] = answers.count
        answers.append(answer)
    }

    /// About what an answer takes in a journal, and each line of its receipt.
    private static let (answerBytes, lineBytes) = (300, 250)

    // MARK: Answering

    /// Gives each submission the outcomes of its commands.
    func answer() { forEachSubmission { submission, range in submission.answer(outcomes[range]) } }

    /// Gives every command the same outcome.
    func answer(with outcome: Outcome) {
        forEachSubmission { submission, range in submission.answer(repeatElement(outcome, count: range.count)) }
    }

    /// The commands of a submission lie side by side.
    private func forEachSubmission(_ body: (Submission, Range<Int>) -> Void) {
        var start = 0
        while start < items.count {
            let submission = items[start].submission
            var end = start + 1
            while end < items.count, items[end].submission === submission { end += 1 }
            body(submission, start..<end)
            start = end
        }
    }
}
