import Synchronization

extension TallywireClient {
    /// The updates that a client gives one reader, from the moment when the reader asked for them.
    ///
    /// Updates wait for the reader in a buffer with a limit. So none is missed between asking and reading, and a slow reader holds
    /// up nobody. The sequence ends when ``TallywireClient/run()`` ends, or when the reading task is cancelled. Each reader should
    /// ask for a sequence of its own: two that iterate over the same one share its elements.
    public struct Updates<Element: Sendable>: AsyncSequence, Sendable {
        let signal: AsyncStream<Void>
        let take: @Sendable () -> Element?

        public struct AsyncIterator: AsyncIteratorProtocol {
            var signal: AsyncStream<Void>.AsyncIterator
            let take: @Sendable () -> Element?

            /// Returns the next update; `nil` at the end.
            public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
                while !Task.isCancelled {
                    if let element = take() { return element }
                    guard await signal.next(isolation: actor) != nil else { return Task.isCancelled ? nil : take() }
                }
                return nil
            }

            /// Returns the next update; `nil` at the end.
            public mutating func next() async -> Element? { await next(isolation: nil) }
        }

        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(signal: signal.makeAsyncIterator(), take: take)
        }
    }

    /// The updates that wait for one reader.
    protocol ReaderBuffer: Sendable {
        associatedtype Element: Sendable
        mutating func take() -> Element?
    }

    /// One reader and its buffer.
    final class Reader<Buffer: ReaderBuffer>: Sendable {
        private let buffer: Mutex<Buffer>
        /// Has to be yielded to after each ``put(_:)``, while no lock is held.
        let signal: AsyncStream<Void>.Continuation

        private init(_ buffer: Buffer, _ signal: AsyncStream<Void>.Continuation) {
            self.buffer = Mutex(buffer)
            self.signal = signal
        }

        /// Makes the two ends of a reader. The signalling end does not keep the reading end alive, so that the reader ends when
        /// nothing can read from it any more.
        static func make(_ buffer: Buffer) -> (reader: Reader, updates: Updates<Buffer.Element>) {
            let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            let reader = Reader(buffer, signal)
            return (reader, Updates(signal: signals) { reader.buffer.withLock { $0.take() } })
        }

        /// Changes the buffer.
        func put(_ change: (inout Buffer) -> Void) { buffer.withLock { change(&$0) } }

        func finish() { signal.finish() }

        /// Sets the action to call once, when the reader ends.
        func onEnd(_ action: @escaping @Sendable () -> Void) {
            signal.onTermination = { _ in action() }
        }
    }
}
