import HTTPPort
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import Synchronization
import TallywireCore
import TallywireEngine

/// Changes as NDJSON: one a line in, one answer or problem a line out, in the same order.
///
/// Lines are submitted as they come. While some are being committed, the next ones are read, and are then submitted together. So a
/// client that sends one line at a time gets each result at once, and a client that sends many small pieces does not wait for a
/// commit for each. ``HTTPLimits/body`` limits the memory, however long the body is. A client should read results while it sends.
/// If it does not, the server stops reading its body.
struct BatchStream<Body: CommandBody> {
    let api: InventoryAPI
    let request: Request
    let context: APIContext
    /// A command that could not be written stops the ones after it.
    private let lane = CommandLane()

    init(api: InventoryAPI, request: Request, context: APIContext) {
        self.api = api
        self.request = request
        self.context = context
    }

    /// The response. It begins before the whole body has been read.
    var response: Response {
        Response(
            status: .ok, headers: [.contentType: "application/x-ndjson"],
            body: ResponseBody { writer in
                try await self.run(&writer)
                try await writer.finish(nil)
            })
    }

    private func run(_ writer: inout any ResponseBodyWriter) async throws {
        // The most bytes of lines that may wait while others are being committed.
        let queue = LineQueue(limit: 64 * 1024)
        // The timer runs only while the next piece is awaited, so that the server's own time does not count.
        let timer = BodyTimer(of: request, channel: context.channel, limit: api.limits.bodyTime)
        defer { timer.stop() }
        async let reading = read(into: queue, timer)
        while let lines = await queue.take() { try await answer(lines, &writer) }
        if let problem = try await reading { try await write([.refused(problem)], &writer) }
    }

    /// Reads to the end. Returns why that is not the end of the body, `nil` if it is.
    private func read(into queue: LineQueue, _ timer: BodyTimer) async throws -> Problem? {
        defer { queue.finish() }
        var lines = LineSplitter(limit: api.limits.body)
        var problem: Problem?
        timer.start()
        do {
            for try await piece in request.body {
                timer.stop()
                await queue.put(lines.split(piece))
                timer.start()
            }
        } catch  where timer.hasExpired {
            // Reported after the lines that have come.
        } catch let error as HTTPParserError {
            problem = .unreadableBody(error)
        }
        timer.stop()
        // An incomplete line is not a command.
        if problem == nil { await queue.put(lines.end()) }
        return timer.hasExpired ? .timedOut(api.limits.bodyTime) : problem
    }

    private func answer(_ lines: [LineSplitter.Line], _ writer: inout any ResponseBodyWriter) async throws {
        guard !lines.isEmpty else { return }
        let decoder = api.bodyDecoder
        let bodies = lines.map { line in
            Result<Body, Problem> { () throws(Problem) in
                guard let bytes = line.bytes else { throw .tooLarge("a line has at most \(api.limits.body) bytes") }
                return try decoder.decode(Body.self, from: bytes)
            }
            .mapError { $0.at(line: line.number) }
        }
        try await write(api.submit(bodies, of: context.principal, in: lane), &writer)
    }

    private func write(_ results: [BatchResult], _ writer: inout any ResponseBodyWriter) async throws {
        var output = ByteBuffer()
        var json = JSONWriter()
        for result in results {
            json.removeAll()
            result.write(as: Body.self, to: &json)
            output.writeBytes(json.bytes)
            output.writeInteger(UInt8(ascii: "\n"))
        }
        try await writer.write(output)
    }
}

extension Problem {
    fileprivate func at(line: Int) -> Problem {
        var problem = self
        problem.line = line
        return problem
    }
}

/// The lines of a body that were read and not yet submitted. The lines that come during a commit are submitted together.
///
/// There is one producer and one consumer, in separate tasks. The producer waits while more bytes than the limit are in the queue.
final class LineQueue: Sendable {
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
    init(limit: Int) {
        self.limit = limit
    }

    /// Adds lines. Returns when there is room for more, or when the task is cancelled. For the producer.
    func put(_ lines: [LineSplitter.Line]) async {
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
    func finish() {
        state.withLock { $0.isFinished = true }
        arrivals.continuation.finish()
    }

    /// Returns all lines that wait, as soon as there is one; `nil` at the end, or when the task is cancelled. For the consumer.
    func take() async -> [LineSplitter.Line]? {
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

/// Splits a body that comes in pieces into lines. It holds at most one incomplete line.
struct LineSplitter {
    /// A line without its line break.
    struct Line: Equatable {
        /// Counted from 1, with empty lines.
        let number: Int
        /// The line; `nil` if it is longer than the limit.
        let bytes: [UInt8]?
    }

    private let limit: Int
    private var number = 1
    private var begun: [UInt8] = []
    /// Whether the current line is too long, so that the rest of it is skipped.
    private var isOverlong = false

    /// A splitter for lines of at most `limit` bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// Returns the lines that `piece` completes. Empty lines are left out.
    mutating func split(_ piece: ByteBuffer) -> [Line] {
        var lines: [Line] = []
        var rest = piece.readableBytesView[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            if let line = take() { lines.append(line) }
            number += 1
            rest = rest[rest.index(after: end)...]
        }
        append(rest)
        return lines
    }

    /// Returns the last line, if it had no line break.
    mutating func end() -> [Line] {
        take().map { [$0] } ?? []
    }

    private mutating func append(_ bytes: ByteBufferView) {
        guard !isOverlong else { return }
        guard begun.count + bytes.count <= limit else {
            isOverlong = true
            begun.removeAll()
            return
        }
        begun.append(contentsOf: bytes)
    }

    private mutating func take() -> Line? {
        defer {
            begun.removeAll(keepingCapacity: true)
            isOverlong = false
        }
        if isOverlong { return Line(number: number, bytes: nil) }
        let isEmpty = begun.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        return isEmpty ? nil : Line(number: number, bytes: begun)
    }
}
