import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import TallywireCore
import TallywireEngine

/// Movements as NDJSON: a movement a line in, a receipt or a problem a line out, in the same order.
///
/// Lines are handed in as they come. While some are being committed the next are read, and handed in together after them: so a client
/// that sends one line at a time gets each result at once, and one that sends many small pieces does not wait for a commit each.
/// Memory is bounded by ``HTTPLimits/body`` however long the body is. A client should read results while it sends: one that does not
/// will find its sending held back.
struct MovementStream {
    let api: InventoryAPI
    let request: Request
    let context: APIContext
    /// What cannot be written stops what comes behind it.
    private let lane = CommandLane()

    init(api: InventoryAPI, request: Request, context: APIContext) {
        self.api = api
        self.request = request
        self.context = context
    }

    static let mediaType = "application/x-ndjson"

    /// The answer. It begins before the body has been read.
    var response: Response {
        Response(
            status: .ok, headers: [.contentType: Self.mediaType],
            body: ResponseBody { writer in
                try await self.run(&writer)
                try await writer.finish(nil)
            })
    }

    private func run(_ writer: inout any ResponseBodyWriter) async throws {
        let queue = LineQueue(limit: Self.waiting)
        // Runs only while the next piece is awaited, so that the server's own time does not count.
        let timer = BodyTimer(of: request, channel: context.channel, limit: api.limits.bodyTime)
        defer { timer.stop() }
        async let reading = read(into: queue, timer)
        while let lines = await queue.take() { try await answer(lines, &writer) }
        if let problem = try await reading { try await write([.refused(problem)], &writer) }
    }

    /// Bytes of lines that may wait while others are being committed.
    private static let waiting = 64 * 1024

    /// Reads to the end, and gives why that is not the end of the body.
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
            // Told when what has come is answered.
        } catch let error as HTTPParserError {
            problem = .unreadableBody(error)
        }
        timer.stop()
        // Half a line is nobody's wish.
        if problem == nil { await queue.put(lines.end()) }
        return timer.hasExpired ? .timedOut(api.limits.bodyTime) : problem
    }

    private func answer(_ lines: [LineSplitter.Line], _ writer: inout any ResponseBodyWriter) async throws {
        guard !lines.isEmpty else { return }
        let decoder = api.bodyDecoder
        let movements = lines.map { line in
            Result<MovementBody, Problem> { () throws(Problem) in
                guard let bytes = line.bytes else { throw .tooLarge("a line has at most \(api.limits.body) bytes") }
                return try decoder.decode(MovementBody.self, from: bytes)
            }
            .mapError { $0.at(line: line.number) }
        }
        try await write(api.submit(movements, of: context.principal, in: lane), &writer)
    }

    private func write(_ results: [MovementResult], _ writer: inout any ResponseBodyWriter) async throws {
        var output = ByteBuffer()
        var json = JSONWriter()
        for result in results {
            json.removeAll()
            result.write(to: &json)
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
