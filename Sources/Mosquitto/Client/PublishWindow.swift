import Synchronization

/// Which messages are sent next, and which are on their way. The window keeps libmosquitto's own queue, which has no limit, empty.
///
/// The window does no I/O: the client's loop asks it for the next message, gives that to libmosquitto and reports the packet id.
struct PublishWindow {
    /// How many messages may be on their way.
    var limit: Int
    /// The requests in order of arrival. The first one is being sent, from ``next`` on.
    private var waiting: [PublishRequest] = []
    private var next = 0
    private var inFlight: [UInt16: Slot] = [:]

    private struct Slot {
        let request: PublishRequest
        let index: Int
    }

    init(limit: Int) { self.limit = limit }

    var inFlightCount: Int { inFlight.count }
    var isIdle: Bool { waiting.isEmpty && inFlight.isEmpty }

    mutating func add(_ requests: [PublishRequest]) {
        waiting += requests
    }

    /// The message to send now; `nil` if there is none or no room. Report with ``sent(as:)`` or ``refused(_:)`` before asking
    /// again.
    mutating func nextMessage() -> MQTTMessage? {
        guard inFlight.count < limit else { return nil }
        while let request = waiting.first {
            if next < request.messages.count, !request.isFinished { return request.messages[next] }
            waiting.removeFirst()
            next = 0
        }
        return nil
    }

    /// Notes that the message of the last ``nextMessage()`` is on its way as `packetID`.
    mutating func sent(as packetID: UInt16) {
        guard let request = waiting.first else { return }
        inFlight[packetID] = Slot(request: request, index: next)
        next += 1
    }

    /// Notes that the message of the last ``nextMessage()`` was not sent.
    mutating func refused(_ result: PublishResult) {
        guard let request = waiting.first else { return }
        let index = next
        next += 1
        request.settle(index, result)
    }

    /// Notes the broker's answer to `packetID`.
    mutating func answered(_ packetID: UInt16, _ result: PublishResult) {
        guard let slot = inFlight.removeValue(forKey: packetID) else { return }
        slot.request.settle(slot.index, result)
    }

    /// Fails every request, since the connection has ended and nothing will be answered.
    mutating func failAll(_ error: any Error) {
        let requests = waiting + inFlight.values.map(\.request)
        waiting = []
        next = 0
        inFlight = [:]
        for request in requests { request.fail(error) }
    }
}

/// Messages that one caller publishes together, and their results so far.
final class PublishRequest: Sendable {
    let messages: [MQTTMessage]
    private let progress: Mutex<Progress>

    private struct Progress {
        var results: [PublishResult?]
        var open: Int
        /// Called once, then `nil`.
        var completion: (@Sendable (Result<[PublishResult], any Error>) -> Void)?
    }

    init(_ messages: [MQTTMessage], completion: @escaping @Sendable (Result<[PublishResult], any Error>) -> Void) {
        self.messages = messages
        self.progress = Mutex(
            Progress(results: Array(repeating: nil, count: messages.count), open: messages.count, completion: completion))
    }

    /// Whether the request is complete, so that no caller waits for it.
    var isFinished: Bool { progress.withLock { $0.completion == nil } }

    /// Notes the result of one message. The last result completes the request.
    func settle(_ index: Int, _ result: PublishResult) {
        let done = progress.withLock { progress -> (() -> Void)? in
            guard progress.results[index] == nil else { return nil }
            progress.results[index] = result
            progress.open -= 1
            guard progress.open == 0, let completion = progress.completion else { return nil }
            progress.completion = nil
            let results = progress.results.compactMap(\.self)
            return { completion(.success(results)) }
        }
        done?()
    }

    /// Completes the request with an error, unless it is complete.
    func fail(_ error: any Error) {
        let completion = progress.withLock { progress in
            defer { progress.completion = nil }
            return progress.completion
        }
        completion?(.failure(error))
    }
}
