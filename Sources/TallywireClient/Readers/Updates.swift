import Synchronization

extension TallywireClient {
    /// What a client tells one reader, from the moment it was asked for.
    ///
    /// It waits for the reader in a buffer that has a limit, so none is missed between asking and reading, and a reader that is slow holds up
    /// nobody. It ends when ``TallywireClient/run()`` ends, or when the task that reads is cancelled. Each reader asks for one of its own:
    /// two that iterate over the same one share what comes.
    public struct Updates<Element: Sendable>: AsyncSequence, Sendable {
        let signal: AsyncStream<Void>
        let take: @Sendable () -> Element?

        public struct AsyncIterator: AsyncIteratorProtocol {
            var signal: AsyncStream<Void>.AsyncIterator
            let take: @Sendable () -> Element?

            /// The next one; `nil` at the end.
            public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
                while !Task.isCancelled {
                    if let element = take() { return element }
                    guard await signal.next(isolation: actor) != nil else { return Task.isCancelled ? nil : take() }
                }
                return nil
            }

            /// The next one; `nil` at the end.
            public mutating func next() async -> Element? { await next(isolation: nil) }
        }

        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(signal: signal.makeAsyncIterator(), take: take)
        }
    }

    /// What waits for one reader.
    protocol ReaderBuffer: Sendable {
        associatedtype Element: Sendable
        mutating func take() -> Element?
    }

    /// One reader and what waits for it.
    final class Reader<Buffer: ReaderBuffer>: Sendable {
        private let buffer: Mutex<Buffer>
        /// To be yielded to where no lock is held, after each ``put(_:)``.
        let signal: AsyncStream<Void>.Continuation

        private init(_ buffer: Buffer, _ signal: AsyncStream<Void>.Continuation) {
            self.buffer = Mutex(buffer)
            self.signal = signal
        }

        /// A reader's two ends. The one that is told does not keep the other, so that it ends with the last who could read it.
        static func make(_ buffer: Buffer) -> (reader: Reader, updates: Updates<Buffer.Element>) {
            let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            let reader = Reader(buffer, signal)
            return (reader, Updates(signal: signals) { reader.buffer.withLock { $0.take() } })
        }

        /// Lets something wait for the reader.
        func put(_ change: (inout Buffer) -> Void) { buffer.withLock { change(&$0) } }

        func finish() { signal.finish() }

        /// Called once, when it is read no more.
        func onEnd(_ action: @escaping @Sendable () -> Void) {
            signal.onTermination = { _ in action() }
        }
    }
}
