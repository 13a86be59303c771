import TallywireRequests
import TallywireTesting
import Testing

@Suite("Lines that wait", .timeLimit(.minutes(1)))
struct LineQueueTests {
    private func line(_ number: Int, bytes: Int = 10) -> LineSplitter.Line {
        LineSplitter.Line(number: number, bytes: [UInt8](repeating: 0, count: bytes))
    }

    @Test("what came in between is taken together, in order, and then comes the end")
    func together() async {
        let queue = LineQueue(limit: 1000)
        await queue.put([line(1)])
        await queue.put([line(2), line(3)])
        #expect(await queue.take()?.map(\.number) == [1, 2, 3])
        await queue.put([line(4)])
        queue.finish()
        #expect(await queue.take()?.map(\.number) == [4])
        #expect(await queue.take() == nil)
    }

    @Test("whoever takes waits for a line")
    func waiting() async {
        let queue = LineQueue(limit: 1000)
        async let taken = queue.take()
        await queue.put([line(1)])
        #expect(await taken?.map(\.number) == [1])
    }

    @Test("whoever puts waits while too much is there")
    func room() async throws {
        let queue = LineQueue(limit: 25)
        let count = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 1...9 {
                    await queue.put([line(number)])
                    _ = count.next()
                }
                queue.finish()
            }
            // The third one makes it more than 25, and waits itself.
            try await eventually("two were put") { count.current == 2 }
            var numbers: [Int] = []
            while let lines = await queue.take() {
                #expect(lines.count <= 3)
                numbers += lines.map(\.number)
            }
            #expect(numbers == Array(1...9))
            try await group.waitForAll()
        }
    }

    @Test("both end when their task is cancelled")
    func cancelled() async throws {
        let queue = LineQueue(limit: 5)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await queue.put([line(1)]) }
            group.addTask { await LineQueue(limit: 5).take().map { _ in } }
            group.cancelAll()
        }
    }
}
