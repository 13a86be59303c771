import Synchronization

/// The lines that were read and not yet submitted. The lines that come during a commit are submitted together.
///
/// There is one producer and one consumer, in separate tasks. The producer waits while more bytes than the limit are in the queue.
package final class LineQueue: Sendable {
    private struct State {
        var lines: [LineSplitter.Line] = []
        var bytes = 0
        var isFinished = false
    }

    private let limit: Int
    private let state = Mutex(State())
    private let arrivals = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let room = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameter limit: how many bytes of lines may wait before the producer does.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Adds lines. Returns when there is room for more, or when the task is cancelled. For the producer.
    package func put(_ lines: [LineSplitter.Line]) async {
        guard !lines.isEmpty else { return }
        var isFull = state.withLock { state in
            state.lines += lines
            for line in lines { state.bytes += line.bytes?.count ?? 0 }
            return state.bytes > limit
        }
        arrivals.continuation.yield()
        var rooms = room.stream.makeAsyncIterator()
        while isFull, await rooms.next() != nil { isFull = state.withLock { $0.bytes > limit } }
    }

    /// Says that no line follows. For the producer.
    package func finish() {
        state.withLock { $0.isFinished = true }
        arrivals.continuation.finish()
    }

    /// Returns all lines that wait, as soon as there is one; `nil` at the end, or when the task is cancelled. For the consumer.
    package func take() async -> [LineSplitter.Line]? {
        var waiting = arrivals.stream.makeAsyncIterator()
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
