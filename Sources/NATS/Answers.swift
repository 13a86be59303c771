import CNats
import Dispatch
import Synchronization

/// What the library's threads said of one connection, for the thread that publishes.
///
/// The library may call back a moment after its objects were destroyed. So callbacks get a number, and not a pointer to this object:
/// after ``retire()`` the number leads nowhere.
final class Answers: Sendable {
    private struct State {
        /// The messages that were published, by their addresses in the library, with the number that each was given.
        var tokens: [UInt: Int] = [:]
        var answers: [NATSAnswer] = []
        /// Why no more answers will come.
        var loss: NATSError?
    }

    private static let all = Mutex<[UInt: Answers]>([:])
    private static let count = Atomic<UInt>(0)

    let number: UInt
    /// The stream whose acknowledgements count.
    private let stream: String
    private let clean: @Sendable (String) -> String
    private let onLoss: @Sendable () -> Void
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)

    init(stream: String, clean: @escaping @Sendable (String) -> String, onLoss: @escaping @Sendable () -> Void) {
        number = Self.count.add(1, ordering: .relaxed).newValue
        self.stream = stream
        self.clean = clean
        self.onLoss = onLoss
        Self.all.withLock { $0[number] = self }
    }

    func retire() { Self.all.withLock { $0[number] = nil } }

    /// What callbacks are given.
    var closure: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: number) }

    private static func of(_ closure: UnsafeMutableRawPointer?) -> Answers? {
        let number = UInt(bitPattern: closure)
        return all.withLock { $0[number] }
    }

    // MARK: The publishing thread

    /// Notes a message before it is published, since its answer may come at once.
    func expect(_ message: OpaquePointer, token: Int) { state.withLock { $0.tokens[UInt(bitPattern: message)] = token } }

    /// Notes that a message was not published.
    func forget(_ message: OpaquePointer) { state.withLock { $0.tokens[UInt(bitPattern: message)] = nil } }

    var loss: NATSError? { state.withLock { $0.loss } }

    /// The answers that have come; waits for the first up to `limit`. Throws if the connection is lost, and there is no answer left.
    func next(within limit: Duration) throws(NATSError) -> [NATSAnswer] {
        let (answers, loss) = taken()
        if !answers.isEmpty { return answers }
        if let loss { throw loss }
        _ = signal.wait(timeout: .now() + (limit / .seconds(1)))
        let late = taken()
        if late.answers.isEmpty, let loss = late.loss { throw loss }
        return late.answers
    }

    private func taken() -> (answers: [NATSAnswer], loss: NATSError?) {
        state.withLock { state in
            defer { state.answers = [] }
            return (state.answers, state.loss)
        }
    }

    // MARK: The library's threads

    /// Notes the first loss.
    func lose(_ error: NATSError) {
        let isFirst = state.withLock { state in
            guard state.loss == nil else { return false }
            state.loss = error
            return true
        }
        guard isFirst else { return }
        onLoss()
        signal.signal()
    }

    private func take(
        _ message: OpaquePointer?, _ acknowledgement: UnsafeMutablePointer<jsPubAck>?, _ error: UnsafeMutablePointer<jsPubAckErr>?
    ) {
        let result = result(acknowledgement?.pointee, error?.pointee)
        let isFirst = state.withLock { state in
            guard let token = state.tokens.removeValue(forKey: UInt(bitPattern: message)) else { return false }
            state.answers.append(NATSAnswer(token: token, result: result))
            return state.answers.count == 1
        }
        if isFirst { signal.signal() }
    }

    private func result(_ acknowledgement: jsPubAck?, _ error: jsPubAckErr?) -> Result<NATSAcknowledgement, NATSError> {
        if let error {
            let text = error.ErrText.map { String(cString: $0) } ?? ""
            return .failure(NATSError(error.Err, jetStream: error.ErrCode, clean(text)))
        }
        // Somebody else may answer on the subject, in JSON too.
        guard let acknowledgement, acknowledgement.Sequence > 0, acknowledgement.Stream.map({ String(cString: $0) }) == stream
        else {
            return .failure(NATSError(.refused(0), "the answer was none of the stream “\(stream)”"))
        }
        return .success(NATSAcknowledgement(sequence: acknowledgement.Sequence, isDuplicate: acknowledgement.Duplicate))
    }

    /// The message belongs to the handler, and the acknowledgement to the library.
    static let onAcknowledgement: jsPubAckHandler = { _, message, acknowledgement, error, closure in
        Answers.of(closure)?.take(message, acknowledgement, error)
        natsMsg_Destroy(message)
    }

    /// An error beside the answers, such as a right that is missing: then the answer to the message never comes.
    static let onError: natsErrHandler = { connection, _, status, closure in
        guard let answers = Answers.of(closure) else { return }
        var text: UnsafePointer<CChar>?
        let noted = natsConnection_GetLastError(connection, &text)
        let reason = noted == status ? text.map { String(cString: $0) } : nil
        answers.lose(NATSError(status, answers.clean(reason ?? String(cString: natsStatus_GetText(status)))))
    }

    static let onClose: natsConnectionHandler = { connection, closure in
        guard let answers = Answers.of(closure) else { return }
        var text: UnsafePointer<CChar>?
        let status = natsConnection_GetLastError(connection, &text)
        let reason = text.map { String(cString: $0) } ?? ""
        let code = NATSError(status, "").code
        answers.lose(
            NATSError(
                code == .forbidden ? code : .connection,
                "the connection to the server was lost" + (reason.isEmpty ? "" : ": \(answers.clean(reason))")))
    }
}
