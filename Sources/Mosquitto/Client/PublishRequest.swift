import Synchronization

/// Messages that one caller publishes together, and how far they have come.
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

    /// Whether nobody waits for it any more.
    var isFinished: Bool { progress.withLock { $0.completion == nil } }

    /// Notes what became of one message, and completes the request with the last one.
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
