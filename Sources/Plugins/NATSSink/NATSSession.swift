import NATS
import TallywireEngine
import TallywirePipeline

/// The connection of one sink, and what is known of its stream. Every call blocks its thread.
///
/// Each message says after which one it has to stand: by its number in the stream, and by its id. So the stream has no event before one
/// that it lacks: neither if one in the middle is refused, nor if a server still finds messages of a connection that was lost. The
/// number alone would be right for the wrong message after one of somebody else. The id alone would be right for the wrong message after
/// one that the stream had already.
struct NATSSession {
    private let settings: NATSSettings
    private let messages: EventMessage
    private let window: Int
    private let metrics: NATSMetrics
    private var connection: NATSConnection?
    /// Whether ``predecessor`` and ``lastSequence`` are what the stream ends with.
    private var isInStep = false
    /// The id of the message that was sent last; `nil` if none was since the stream was asked.
    private var predecessor: String?
    /// The number that the stream's last message has, or will have when all that were sent are stored.
    private var lastSequence: UInt64 = 0
    /// The newest event that the stream certainly has. A replay brings older ones.
    private var frontier: UInt64
    /// The newest event that may have been sent. At the start nobody knows what the process before this one had sent.
    private var sent = UInt64.max
    /// The newest event that was found in the stream. Those after ``frontier`` up to it are passed over.
    private var present: UInt64 = 0
    /// The most bytes of a message, and whose limit that is.
    private var limit = (bytes: 0, owner: "")

    /// How long a wait lasts before it is asked whether somebody still waits.
    private static let tick = Duration.milliseconds(100)

    init(_ settings: NATSSettings, _ messages: EventMessage, window: Int, frontier: UInt64, metrics: NATSMetrics) {
        self.settings = settings
        self.messages = messages
        self.window = window
        self.frontier = frontier
        self.metrics = metrics
    }

    mutating func close() {
        connection = nil
        isInStep = false
        metrics.isConnected = false
    }

    // MARK: Beginning

    var isReady: Bool { isInStep && connection?.loss == nil }

    /// Connects if there is no connection, and asks the stream how it ends. Throws what hinders publishing.
    mutating func prepare() throws(NATSError) {
        if isReady { return }
        do throws(NATSError) {
            try askStream(connected())
        } catch {
            close()
            throw error
        }
    }

    private mutating func connected() throws(NATSError) -> NATSConnection {
        if let connection, connection.loss == nil { return connection }
        close()
        let made = try NATSConnection(settings, stream: messages.stream) { [metrics] in metrics.isConnected = false }
        metrics.connected()
        metrics.isConnected = made.loss == nil
        connection = made
        return made
    }

    private mutating func askStream(_ connection: NATSConnection) throws(NATSError) {
        let stream = try connection.describe()
        let pattern = messages.subject.pattern
        if let obstacle = stream.obstacle {
            throw NATSError(.noTaker, "nobody can publish to the stream “\(messages.stream)”: \(obstacle)")
        }
        guard stream.subjects.contains(where: { SubjectTemplate.overlap($0, pattern) }) else {
            throw NATSError(
                .noTaker,
                """
                the stream “\(messages.stream)” takes \(stream.subjects.joined(separator: ", ")), and this sink publishes to \(pattern): \
                add that to the subjects of the stream, or change “subject”
                """)
        }
        let server = connection.messageLimit
        limit = (server, "the server (max_payload)")
        if let own = stream.messageLimit, own < server { limit = (own, "the stream (max_msg_size)") }
        // After the number: what a lost connection brings in between makes the number wrong, and the stream refuses the next message.
        let names = [EventMessage.Header.id, EventMessage.Header.sink]
        let last = try connection.lastMessage(on: pattern, headers: names).flatMap(messages.seq)
        if let last { present = max(present, min(last, sent)) }
        sent = frontier
        lastSequence = stream.lastSequence
        predecessor = nil
        isInStep = true
    }

    // MARK: Publishing

    /// What became of events.
    struct Step: Sendable {
        /// The last event with which the sink is done, as it is with all before; `nil` if it is done with none.
        var through: UInt64?
        /// Events that no message can carry, up to ``through``.
        var rejected: [Delivery.Rejected] = []
        /// Why the events after ``through`` are not in the stream; `nil` if there are none.
        var error: NATSError?
        /// The subject of the first event that is not in the stream.
        var subject: String?
    }

    /// Publishes those of `records` that the stream does not have. Needs ``prepare(_:)``.
    mutating func publish(_ records: [EventEnvelope], isAbandoned: () -> Bool) -> Step {
        var rejected: [Delivery.Rejected] = []
        var plan: [(seq: UInt64, message: NATSMessage)] = []
        for record in records {
            switch fitting(record) {
            case .failure(let unfit): rejected.append(Delivery.Rejected(seq: record.seq, reason: unfit.reason))
            case .success where record.seq > frontier && record.seq <= present: metrics.found()
            case .success(let message): plan.append((record.seq, message))
            }
        }
        var flight = PublishFlight(count: plan.count, window: window)
        let error = fly(plan, &flight, isAbandoned: isAbandoned)
        metrics.published(flight.delivered - flight.duplicates, duplicates: flight.duplicates)
        if flight.sent > 0 { sent = max(sent, plan[flight.sent - 1].seq) }
        // A message that the stream had already has taken no number.
        if flight.duplicates > 0 { isInStep = false }
        guard flight.delivered < plan.count else {
            frontier = max(frontier, records.last?.seq ?? 0)
            return Step(through: records.last?.seq, rejected: rejected)
        }
        isInStep = false
        let first = plan[flight.delivered]
        let through = records.last { $0.seq < first.seq }?.seq
        frontier = max(frontier, through ?? 0)
        return Step(
            through: through, rejected: rejected.filter { $0.seq <= through ?? 0 },
            error: error ?? flight.failure?.error ?? NATSError(.connection, "the connection to the server was lost"),
            subject: first.message.subject)
    }

    /// The message of an event, if the server and the stream take so large a one.
    private func fitting(_ record: EventEnvelope) -> Result<NATSMessage, EventMessage.Unfit> {
        messages.message(record).flatMap { message in
            let size = message.size + messages.expectationSize
            guard size > limit.bytes else { return .success(message) }
            return .failure(EventMessage.Unfit("its message would have \(size) bytes, and \(limit.owner) takes \(limit.bytes)"))
        }
    }

    /// Sends the messages and takes their answers. Returns why the connection cannot be used any more; `nil` if it can.
    private mutating func fly(
        _ plan: [(seq: UInt64, message: NATSMessage)], _ flight: inout PublishFlight, isAbandoned: () -> Bool
    ) -> NATSError? {
        defer { metrics.inFlight = 0 }
        do throws(NATSError) {
            guard let connection else { throw NATSError(.connection, "the connection was closed") }
            var end = ContinuousClock.now + settings.timeout
            while !flight.isOver {
                while let index = flight.next() {
                    try connection.publish(expecting(plan[index].message, seq: plan[index].seq), token: index)
                }
                metrics.inFlight = flight.inFlight
                let answers = try connection.answers(within: Self.tick)
                for answer in answers { flight.take(answer) }
                if !answers.isEmpty { end = ContinuousClock.now + settings.timeout }
                if isAbandoned() { throw NATSError(.cancelled, "the delivery was cancelled") }
                if ContinuousClock.now >= end {
                    throw NATSError(.timeout, "the server did not acknowledge within \(settings.timeout)")
                }
            }
            return nil
        } catch {
            // What is on its way may still arrive.
            close()
            return error
        }
    }

    /// The message with the one after which it has to stand.
    private mutating func expecting(_ message: NATSMessage, seq: UInt64) -> NATSMessage {
        var message = message
        // 0 is a number too: the library's own option for it takes 0 for “not given”.
        message.headers.append((EventMessage.Header.lastSequence, String(lastSequence)))
        if let predecessor { message.headers.append((EventMessage.Header.lastID, predecessor)) }
        lastSequence += 1
        predecessor = messages.id(seq)
        return message
    }
}
