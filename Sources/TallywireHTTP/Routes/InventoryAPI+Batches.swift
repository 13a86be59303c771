import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireAccess
import TallywireCore
import TallywireEngine

/// Changes of which a request brings one, an array, or one a line.
extension InventoryAPI {
    /// Carries out the changes of a request. `single` makes the response to one.
    func create<Body: CommandBody>(
        _ type: Body.Type, _ request: Request, _ context: APIContext, single: (Receipt) async throws -> Response
    ) async throws -> Response {
        switch try BodyFormat(request) {
        case .ndjson:
            try refuseKey(request)
            return BatchStream<Body>(api: self, request: request, context: context).response
        case .json:
            let bytes = try await collect(request, context).readableBytesView
            if bytes.first(where: { !$0.isJSONSpace }) == UInt8(ascii: "[") {
                try refuseKey(request)
                return try await createBatch(bodyDecoder.decode(BatchBody<Body>.self, from: bytes), context)
            }
            let body = try bodyDecoder.decode(Body.self, from: bytes)
            let command = try body.command(id: commandID(request, body: body.id), of: context.principal, in: self)
            return try await single(submit(command))
        }
    }

    private func createBatch<Body: CommandBody>(_ batch: BatchBody<Body>, _ context: APIContext) async throws -> Response {
        guard batch.elements.count <= limits.batch else {
            throw Problem.tooLarge(
                "a batch has at most \(limits.batch) elements, not \(batch.elements.count); send more as application/x-ndjson")
        }
        let results = await submit(batch.elements, of: context.principal, in: CommandLane())
        return .json(capacity: 300 * results.count) { json in
            json.object { json in
                json.array("results") { json in
                    for result in results { result.write(as: Body.self, to: &json) }
                }
            }
        }
    }

    /// Submits changes in their order, at most ``HTTPLimits/window`` at a time. Those that could not be read keep their place in the
    /// results. In a lane that is broken all are refused.
    func submit<Body: CommandBody>(
        _ bodies: [Result<Body, Problem>], of principal: Principal?, in lane: CommandLane
    ) async -> [BatchResult] {
        var results: [BatchResult] = []
        results.reserveCapacity(bodies.count)
        for start in stride(from: 0, to: bodies.count, by: limits.window) {
            let window = bodies[start..<min(start + limits.window, bodies.count)].map { body in
                Result<Command, Problem> { () throws(Problem) in
                    let body = try body.get()
                    var command = try body.command(id: body.id, of: principal, in: self)
                    command.trace = TraceParent.current
                    return command
                }
            }
            var outcomes = await gateway.submit(window.compactMap { try? $0.get() }, in: lane).makeIterator()
            for command in window {
                switch command {
                case .failure(let problem): results.append(.refused(problem))
                case .success: if let outcome = outcomes.next() { results.append(BatchResult(outcome)) }
                }
            }
        }
        return results
    }

    /// In a batch each change has its own id. One key for all of them would mean nothing.
    private func refuseKey(_ request: Request) throws {
        guard request.headers[.idempotencyKey] == nil else {
            throw Problem.invalidRequest("a batch takes no Idempotency-Key: give each element an “id”", field: "Idempotency-Key")
        }
    }
}

/// What became of one change of a batch.
enum BatchResult: Sendable {
    case applied(Receipt)
    case refused(Problem)

    init(_ outcome: Outcome) {
        switch outcome {
        case .applied(let receipt): self = .applied(receipt)
        case .rejected(let rejection): self = .refused(Problem(rejection))
        }
    }

    func write<Body: CommandBody>(as type: Body.Type, to json: inout JSONWriter) {
        switch self {
        case .applied(let receipt): Body.write(receipt, to: &json)
        case .refused(let problem): problem.write(to: &json)
        }
    }
}

extension UInt8 {
    fileprivate var isJSONSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}
