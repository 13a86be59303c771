import Dispatch
import Foundation
import ServiceLifecycle
import Synchronization
import TallywireCommands

/// How a server ends: by SIGTERM or SIGINT, in the order of the data, and within a fixed time, whatever happens.
///
/// The first signal begins the graceful shutdown. If that is not done after ``limit``, everything that still runs is cancelled,
/// which closes connections, so that the journal can be closed. Work that has not ended ``grace`` later, such as a write to a disk
/// that hangs, ends with the process. A second signal ends the process at once, as a power cut would: everything that was
/// acknowledged is on disk.
///
/// Signals are handled on a queue of their own, which runs even when no thread of the pool is free.
final class Shutdown: Sendable {
    /// The time for sources, engine and port, in addition to the time that sinks may take to drain.
    static let margin: Duration = .seconds(10)
    /// The time for the rest of the shutdown after everything was cancelled.
    static let grace: Duration = .seconds(5)

    let limit: Duration
    private let queue = DispatchQueue(label: "tallywire.signals")
    private let begun = Atomic(false)
    private let overdue = Atomic(false)

    init(drain: Duration) {
        limit = drain + Self.margin
    }

    /// Why the shutdown was not graceful; `nil` if it was.
    var failure: Failure? {
        overdue.load(ordering: .acquiring)
            ? Failure(
                "error: the shutdown took longer than \(limit) (shutdown.drain and \(Self.margin)): connections were cut, and the journal was "
                    + "closed; what a durable sink has not delivered follows at the next start") : nil
    }

    /// Runs `group` until it ends by itself, or by a signal.
    func run(_ group: ServiceGroup) async throws {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
        let sources = [await source(of: SIGTERM, continuation), await source(of: SIGINT, continuation)]
        defer { for source in sources { source.cancel() } }
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await group.run()
                return true
            }
            tasks.addTask { [self] in
                for await _ in signals { break }
                await group.triggerGracefulShutdown()
                // The sleep is cancelled only when the group has ended, and the result of this task is then ignored.
                try? await Task.sleep(for: limit)
                return false
            }
            while let hasEnded = try await tasks.next() {
                if !hasEnded { overdue.store(true, ordering: .releasing) }
                tasks.cancelAll()
                if hasEnded { return }
            }
        }
    }

    /// Handles a signal from now on. libdispatch registers the signal on a thread of its own. Until then the signal ends the
    /// process, as signals do: it is never lost.
    private func source(
        of number: Int32, _ continuation: AsyncStream<Void>.Continuation
    ) async -> any DispatchSourceSignal {
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler { [self] in take(continuation) }
        await withCheckedContinuation { registered in
            source.setRegistrationHandler { registered.resume() }
            source.resume()
        }
        return source
    }

    private func take(_ continuation: AsyncStream<Void>.Continuation) {
        guard begun.exchange(true, ordering: .acquiringAndReleasing) == false else {
            Self.end(
                "error: ended at once by a second signal; what is acknowledged is on disk, and what sinks have not delivered follows "
                    + "at the next start")
        }
        continuation.yield()
        let seconds = limit + Self.grace
        queue.asyncAfter(deadline: .now() + .milliseconds(Int(seconds / .milliseconds(1)))) {
            Self.end("error: the shutdown did not end within \(seconds), so the process does; what is acknowledged is on disk")
        }
    }

    private static func end(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        _exit(1)
    }
}
