import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import TallywireCore

/// Movements as NDJSON: a movement a line in, a receipt or a problem a line out, in the same order.
///
/// Lines are handed in as they come, those of one piece of the body together, and their results are written before the next piece
/// is read. So memory is bounded by ``HTTPLimits/body`` however long the body is, and a client that sends one line at a time gets
/// each result at once. A client should read results while it sends: one that does not will find its sending held back.
struct MovementStream {
    let api: InventoryAPI
    let request: Request
    let context: APIContext

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
        var lines = LineSplitter(limit: api.limits.body)
        // Runs only while the next piece is awaited, so that the server's own time does not count.
        let timer = BodyTimer(channel: context.channel, limit: api.limits.bodyTime)
        timer.start()
        defer { timer.stop() }
        do {
            for try await piece in request.body {
                timer.stop()
                try await answer(lines.split(piece), &writer)
                timer.start()
            }
        } catch  where timer.hasExpired {
            // Told below.
        }
        try await answer(lines.end(), &writer)
        if timer.hasExpired { try await write([.refused(.timedOut(api.limits.bodyTime))], &writer) }
    }

    private func answer(_ lines: [LineSplitter.Line], _ writer: inout any ResponseBodyWriter) async throws {
        guard !lines.isEmpty else { return }
        let decoder = BodyDecoder()
        let movements = lines.map { line in
            Result<MovementBody, Problem> { () throws(Problem) in
                guard let bytes = line.bytes else { throw .tooLarge("a line has at most \(api.limits.body) bytes") }
                return try decoder.decode(MovementBody.self, from: bytes)
            }
            .mapError { $0.at(line: line.number) }
        }
        try await write(api.submit(movements, of: context.principal), &writer)
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
