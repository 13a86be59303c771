import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireAccess
import TallywireCore
import TallywireEngine

/// `/api/movements`: changes of stock, one or many.
extension InventoryAPI {
    func createMovements(_ request: Request, _ context: APIContext) async throws -> Response {
        switch try BodyFormat(request) {
        case .ndjson:
            try refuseKey(request)
            return MovementStream(api: self, request: request, context: context).response
        case .json:
            let body = try await collect(request, context).readableBytesView
            if body.first(where: { !$0.isJSONSpace }) == UInt8(ascii: "[") {
                try refuseKey(request)
                return try await createBatch(bodyDecoder.decode(MovementBatchBody.self, from: body), context)
            }
            let movement = try bodyDecoder.decode(MovementBody.self, from: body)
            let id = try commandID(request, body: movement.id)
            return try await response(
                with: submit(
                    .move(movement.movement(defaultLocation: configuration.defaultLocation)), id: id,
                    device: device(naming: movement.device, context.principal)))
        }
    }

    func getMovement(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["device"])
        // A device sees the answers to its own commands only.
        let device = try device(naming: query.text("device"), context.principal)
        let encoded = context.parameters.get("id") ?? ""
        guard let id = encoded.removingPercentEncoding, Command.validate(id: id) == nil,
            let answer = try await journal.storedAnswer(to: Command.key(id: id, device: device))
        else {
            throw Problem.unknownMovement(encoded)
        }
        let update = try await firstUpdate(of: answer)
        return .json(headers: [.tallywireEpoch: journal.epoch]) { json in
            json.object { json in
                switch answer.outcome {
                case .applied(let receipt): receipt.writeMembers(to: &json)
                case .rejected(let rejection):
                    json.member("movementId", id)
                    json.member("status", "rejected")
                    json.key("problem")
                    Problem(rejection).write(to: &json)
                }
                json.member("timestamp", answer.timestamp)
                json.member("source", update?.source)
                json.member("reason", update?.reason)
                json.member("reference", update?.reference)
                json.member("occurredAt", update?.occurredAt)
                for member in answer.asked?.object ?? [] {
                    json.dynamicKey(member.name)
                    member.value.write(to: &json)
                }
            }
        }
    }

    /// The event of the first line of an applied movement, which says what the movement asked; `nil` for any other change, and for
    /// an event that is no longer kept.
    private func firstUpdate(of answer: StoredAnswer) async throws -> InventoryUpdated? {
        guard case .applied(let receipt) = answer.outcome, let seq = receipt.lines.first?.seq else { return nil }
        do {
            let event = try await journal.events(after: seq - 1, limit: 1, maxBytes: 0).first
            guard case .inventoryUpdated(let update)? = try event?.event().body else { return nil }
            return update
        } catch let error as JournalError where error.code == .pruned {
            return nil
        }
    }

    private func createBatch(_ batch: MovementBatchBody, _ context: APIContext) async throws -> Response {
        guard batch.movements.count <= limits.batch else {
            throw Problem.tooLarge(
                "a batch has at most \(limits.batch) movements, not \(batch.movements.count); send more as application/x-ndjson")
        }
        let results = await submit(batch.movements, of: context.principal, in: CommandLane())
        return .json(capacity: 300 * results.count) { json in
            json.object { json in
                json.array("results") { json in
                    for result in results { result.write(to: &json) }
                }
            }
        }
    }

    /// Submits the movements in their order, at most ``HTTPLimits/window`` at a time. Movements that could not be read keep their
    /// place in the results. In a lane that is broken all movements are refused.
    func submit(
        _ movements: [Result<MovementBody, Problem>], of principal: Principal?, in lane: CommandLane
    ) async -> [MovementResult] {
        var results: [MovementResult] = []
        results.reserveCapacity(movements.count)
        for start in stride(from: 0, to: movements.count, by: limits.window) {
            let window = movements[start..<min(start + limits.window, movements.count)].map { movement in
                Result<Command, Problem> { () throws(Problem) in
                    let body = try movement.get()
                    let device = try device(naming: body.device, principal)
                    return Command(
                        id: body.id, device: device, source: Self.source(of: device),
                        action: .move(body.movement(defaultLocation: configuration.defaultLocation)))
                }
            }
            var outcomes = await gateway.submit(window.compactMap { try? $0.get() }, in: lane).makeIterator()
            for command in window {
                switch command {
                case .failure(let problem): results.append(.refused(problem))
                case .success: if let outcome = outcomes.next() { results.append(MovementResult(outcome)) }
                }
            }
        }
        return results
    }

    /// In a batch each movement has its own id. One key for all of them would mean nothing.
    private func refuseKey(_ request: Request) throws {
        guard request.headers[.idempotencyKey] == nil else {
            throw Problem.invalidRequest("a batch takes no Idempotency-Key: give each movement an “id”", field: "Idempotency-Key")
        }
    }
}

/// What became of one movement of a batch.
enum MovementResult: Sendable {
    case applied(Receipt)
    case refused(Problem)

    init(_ outcome: Outcome) {
        switch outcome {
        case .applied(let receipt): self = .applied(receipt)
        case .rejected(let rejection): self = .refused(Problem(rejection))
        }
    }

    func write(to json: inout JSONWriter) {
        switch self {
        case .applied(let receipt): receipt.write(to: &json)
        case .refused(let problem): problem.write(to: &json)
        }
    }
}

extension UInt8 {
    fileprivate var isJSONSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}
