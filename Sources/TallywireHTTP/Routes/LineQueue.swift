import Synchronization

/// Lines of a body that were read and not yet acted on: what came while the last ones were being committed is handed in together.
///
/// It has one producer and one consumer, in tasks of their own. The producer waits while more than so many bytes are there.
final class LineQueue: Sendable {
    private struct State {
        var lines: [LineSplitter.Line] = []
        var bytes = 0
        var isFinished = false
    }

    private let limit: Int
    private let state = Mutex(State())
    private let news = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let room = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameter limit: bytes of lines that may wait before the producer does.
    init(limit: Int) {
        self.limit = limit
    }

    /// Adds lines, and returns when there is room for more, or when the task is cancelled. For the producer.
    func put(_ lines: [LineSplitter.Line]) async {
        guard !lines.isEmpty else { return }
        var isFull = state.withLock { state in
            state.lines += lines
            for line in lines { state.bytes += line.bytes?.count ?? 0 }
            return state.bytes > limit
        }
        news.continuation.yield()
        var rooms = room.stream.makeAsyncIterator()
        while isFull, await rooms.next() != nil { isFull = state.withLock { $0.bytes > limit } }
    }

    /// Says that no line follows. For the producer.
    func finish() {
        state.withLock { $0.isFinished = true }
        news.continuation.finish()
    }

    /// All lines that wait, as soon as there is one; `nil` at the end, or when the task is cancelled. For the consumer.
    func take() async -> [LineSplitter.Line]? {
        var waiting = news.stream.makeAsyncIterator()
        while true {
            let (lines, isFinished) = state.withLock { state in
                defer {
                    state.lines = []
                    state.bytes = 0
                }
                return (state.lines, state.isFinished)
            }
            room.continuation.yield()
            if !lines.isEmpty { return lines }
            if isFinished { return nil }
            guard await waiting.next() != nil || !Task.isCancelled else { return nil }
        }
    }
}
