import Foundation
import Synchronization
import TallywireTesting
import Testing

@testable import TallywireClient

@Suite("The client and cancelled tasks", .timeLimit(.minutes(1)))
struct CancellationTests {
    /// Cancelling holds a lock of the task's while it calls what the client does then, and resuming takes the same one.
    @Test("whoever reads or waits may be cancelled in the moment in which it is told something")
    func cancelledWhileTold() async throws {
        let client = TallywireClient(.init(url: "ws://127.0.0.1:9", rooms: []))
        let isOver = Mutex(false)
        // Threads beside the tasks': if one of each waits for the other, there is still one to say so.
        let thread = Thread {
            while !isOver.withLock({ $0 }) {
                client.act { core in
                    core.set(core.state.phase == .connecting ? .recovering : .connecting, now: .now)
                    core.waiters.resolve(.live)
                }
            }
        }
        thread.start()
        let rounds = Mutex(0)
        Task.detached {
            for _ in 0..<5_000 {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { try? await client.waitUntilLive() }
                    group.addTask { for await _ in client.states where Task.isCancelled { return } }
                    await Task.yield()
                    group.cancelAll()
                }
                rounds.withLock { $0 += 1 }
            }
        }
        defer { isOver.withLock { $0 = true } }
        try await eventually("none waits for another", within: .seconds(40)) { rounds.withLock { $0 } == 5_000 }
    }
}
