import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywireRequests

/// `/api/movements`: changes of stock, one or many.
extension InventoryAPI {
    func createMovements(_ request: Request, _ context: APIContext) async throws -> Response {
        try await create(MovementBody.self, request, context) { response(with: $0) }
    }

    func reverseMovement(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["device"])
        let device = try device(naming: query.text("device"), context.principal)
        let original = try pathID(context, orElse: Problem.unknownMovement)
        let body = try await decodeIfPresent(ReversalBody.self, from: request, context, [:])
        let reversal = Reversal(.movement(id: original, device: device), reason: body.reason)
        // A device reverses in its own name, and everybody else in none.
        return response(
            with: try await submit(.reverse(reversal), id: commandID(request, body: body.id), device: context.principal?.device))
    }

    func getMovement(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["device"])
        // A device sees the answers to its own commands only.
        let device = try device(naming: query.text("device"), context.principal)
        let id = try pathID(context, orElse: Problem.unknownMovement)
        guard let answer = try await journal.storedAnswer(to: Command.key(id: id, device: device)) else {
            throw Problem.unknownMovement(id)
        }
        let (outcome, asked) = (try answer.outcome, try answer.asked)
        let update = try await firstUpdate(of: outcome)
        return .json(headers: [.tallywireEpoch: journal.epoch]) { json in
            json.object { json in
                switch outcome {
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
                json.member("reverses", update?.reverses)
                json.member("reversedBy", answer.reversedBy)
                for member in asked?.object ?? [] {
                    json.dynamicKey(member.name)
                    member.value.write(to: &json)
                }
            }
        }
    }

    /// The event of the first line of an applied movement, which says what the movement asked; `nil` for any other change, and for
    /// an event that is no longer kept.
    private func firstUpdate(of outcome: Outcome) async throws -> InventoryUpdated? {
        guard case .applied(let receipt) = outcome, let seq = receipt.lines.first?.seq else { return nil }
        do {
            let event = try await journal.events(after: seq - 1, limit: 1, maxBytes: 0).first
            guard case .inventoryUpdated(let update)? = try event?.event().body else { return nil }
            return update
        } catch let error as JournalError where error.code == .pruned {
            return nil
        }
    }
}
