import HTTPPort
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import TallywireCore
import TallywireEngine
import TallywireRequests

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
                await queue.put(piece.withUnsafeReadableBytes { lines.split($0) })
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
        // The body is read when the handler of the request has returned.
        let results = await TraceParent.$current.withValue(context.trace) {
            await api.submit(bodies, of: context.principal, in: lane)
        }
        try await write(results, &writer)
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
