import CNats

/// A connection to a NATS server with JetStream, over libnats, for messages to one stream.
///
/// A connection belongs to one thread at a time. ``init(_:stream:onLoss:)``, ``describe()`` and ``lastMessage(on:)`` block that thread
/// up to the timeout. The library checks the time everywhere but in the handshake of TLS: a server that stops answering there
/// blocks the thread until the server goes on or ends. So these calls are made on a thread that may be left alone.
/// ``publish(_:token:)`` waits for no answer. After a loss the connection is of no use any more, and every call throws.
public final class NATSConnection {
    private let handle: OpaquePointer
    private let context: OpaquePointer
    private let settings: NATSSettings
    private let stream: String
    private let answers: Answers

    /// Connects to the first server that answers. `onLoss` is called once from a thread of the library, and has to return at once.
    public init(_ settings: NATSSettings, stream: String, onLoss: @escaping @Sendable () -> Void = {}) throws(NATSError) {
        self.settings = settings
        self.stream = stream
        let answers = Answers(stream: stream, clean: { settings.clean($0) }, onLoss: onLoss)
        do throws(NATSError) {
            handle = try settings.withOptions { (options) throws(NATSError) in try Self.connect(options, answers, settings) }
        } catch {
            answers.retire()
            throw error
        }
        do throws(NATSError) {
            context = try Self.jetStream(handle, answers, settings)
        } catch {
            answers.retire()
            natsConnection_Destroy(handle)
            throw error
        }
        self.answers = answers
    }

    deinit {
        answers.retire()
        jsCtx_Destroy(context)
        natsConnection_Destroy(handle)
    }

    private static func connect(_ options: OpaquePointer, _ answers: Answers, _ settings: NATSSettings) throws(NATSError)
        -> OpaquePointer
    {
        natsOptions_SetErrorHandler(options, Answers.onError, answers.closure)
        natsOptions_SetClosedCB(options, Answers.onClose, answers.closure)
        var made: OpaquePointer?
        let status = natsConnection_Connect(&made, options)
        guard status == NATS_OK, let made else {
            let servers = settings.servers.joined(separator: ", ")
            throw NATSError(status, settings.clean("\(servers) cannot be used: \(lastErrorText(status))"))
        }
        return made
    }

    private static func jetStream(_ handle: OpaquePointer, _ answers: Answers, _ settings: NATSSettings) throws(NATSError)
        -> OpaquePointer
    {
        var options = jsOptions()
        jsOptions_Init(&options)
        options.Wait = settings.milliseconds
        options.PublishAsync.AckHandler = Answers.onAcknowledgement
        options.PublishAsync.AckHandlerClosure = answers.closure
        var made: OpaquePointer?
        let status = natsConnection_JetStream(&made, handle, &options)
        guard status == NATS_OK, let made else { throw NATSError(status, lastErrorText(status)) }
        return made
    }

    /// Why the connection is of no use any more; `nil` while it is open.
    public var loss: NATSError? { answers.loss }

    /// The most bytes of a message that the server takes, headers included.
    public var messageLimit: Int { Int(natsConnection_GetMaxPayload(handle)) }

    // MARK: Asking

    /// The stream as it is now.
    public func describe() throws(NATSError) -> NATSStream {
        var found: UnsafeMutablePointer<jsStreamInfo>?
        var number = jsErrCode(0)
        let status = js_GetStreamInfo(&found, context, stream, nil, &number)
        guard status == NATS_OK, let found, let configuration = found.pointee.Config else { throw failure(status, number) }
        defer { jsStreamInfo_Destroy(found) }
        let config = configuration.pointee
        let subjects = (0..<Int(config.SubjectsLen)).compactMap { config.Subjects?[$0].map { String(cString: $0) } }
        let obstacle: String? =
            if config.Mirror != nil {
                "it is a mirror of another stream"
            } else if config.Sealed {
                "it is sealed"
            } else if config.NoAck {
                "it acknowledges nothing (no_ack)"
            } else {
                nil
            }
        return NATSStream(
            subjects: subjects, lastSequence: found.pointee.State.LastSeq,
            messageLimit: config.MaxMsgSize > 0 ? Int(config.MaxMsgSize) : nil, obstacle: obstacle)
    }

    /// The headers `names` of the last message of the stream on `subject`, which may have wildcards; `nil` if there is no message.
    public func lastMessage(on subject: String, headers names: [String]) throws(NATSError) -> [String: String]? {
        var found: OpaquePointer?
        var number = jsErrCode(0)
        let status = js_GetLastMsg(&found, context, stream, subject, nil, &number)
        if status == NATS_NOT_FOUND, number == JSNoMessageFoundErr { return nil }
        guard status == NATS_OK, let found else { throw failure(status, number) }
        defer { natsMsg_Destroy(found) }
        var headers: [String: String] = [:]
        for name in names {
            var value: UnsafePointer<CChar>?
            if natsMsgHeader_Get(found, name, &value) == NATS_OK, let value { headers[name] = String(cString: value) }
        }
        return headers
    }

    /// The error of a question. What the server said beside it, such as a right that is missing, explains a timeout.
    private func failure(_ status: natsStatus, _ number: jsErrCode) -> NATSError {
        if let loss { return loss }
        return NATSError(status, jetStream: number, settings.clean(lastErrorText(status)))
    }

    // MARK: Publishing

    /// Publishes a message. Its answer, with `token`, is among ``answers(within:)`` later. Throws if the connection is lost.
    public func publish(_ message: NATSMessage, token: Int) throws(NATSError) {
        if let loss { throw loss }
        var made: OpaquePointer?
        var status = message.payload.withUnsafeBytes { bytes in
            natsMsg_Create(&made, message.subject, nil, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
        }
        for (name, value) in message.headers where status == NATS_OK { status = natsMsgHeader_Set(made, name, value) }
        if status == NATS_OK, let expected = made {
            answers.expect(expected, token: token)
            // Takes the message over and leaves `nil`, unless it fails.
            status = js_PublishMsgAsync(context, &made, nil)
            if made != nil { answers.forget(expected) }
        }
        natsMsg_Destroy(made)
        guard status != NATS_OK else { return }
        let error = NATSError(status, settings.clean(lastErrorText(status)))
        // A part of the message may be in the library's buffer: nothing can follow it.
        answers.lose(error)
        throw error
    }

    /// The answers that have come since; waits for the first up to `limit`, and is empty if there is none by then. Throws if the
    /// connection is lost.
    public func answers(within limit: Duration) throws(NATSError) -> [NATSAnswer] { try answers.next(within: limit) }
}
