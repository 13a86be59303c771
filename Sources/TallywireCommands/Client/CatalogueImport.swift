import Foundation
import NIOHTTP1
import TallywireCore

/// Carries out an ``ImportPlan`` on a server. Stock is counted (`set`), so an interrupted import can be run again.
struct CatalogueImport {
    let client: ServerClient
    let progress: Progress

    /// Throws if one of the plan's requests is larger than the server's limit, `http.limits.body`. The test request consists of
    /// blanks, which are not JSON, so nothing changes.
    func askForRoom(_ plan: ImportPlan) async throws {
        let actions = plan.changes.flatMap(\.actions) + Self.movements(plan.counts).map { Command.Action.move($0) }
        let largest = actions.compactMap { $0.call([:])?.body.count }.max() ?? 0
        guard largest > Self.smallestRoom else { return }
        let blanks = Data(repeating: UInt8(ascii: " "), count: largest)
        guard try await client.call(.POST, "/api/products", body: blanks).status == 413 else { return }
        throw Failure(
            "error: the file needs a request of \(largest) bytes, and the server takes fewer: set its http.limits.body higher\n"
                + "nothing was changed")
    }

    /// The bytes that every server accepts: the smallest value that `http.limits.body` may have.
    private static let smallestRoom = 1 << 10

    /// Makes the changes. The first rejection ends the import: somebody else has changed the catalogue meanwhile.
    func run(_ plan: ImportPlan) async throws {
        var created: [ProductID: ProductID] = [:]
        for (index, change) in plan.changes.enumerated() {
            progress.show(index + 1, of: plan.changes.count, "changes")
            for action in change.actions {
                let body = try await send(action, change.text, created)
                guard case .createProduct = action, let planned = change.product else { continue }
                // Products that were removed earlier have used up ids of which the plan does not know.
                struct Created: Decodable { let id: Int64 }
                created[planned] = ProductID(try JSONDecoder().decode(Created.self, fromOutside: body).id)
            }
        }
        var done = 0
        for movement in Self.movements(plan.counts) {
            _ = try await send(.move(movement), "stock", created)
            done += movement.lines.count
            progress.show(done, of: nil, "balances")
        }
        progress.clear()
    }

    /// The most lines of one movement. All lines that count one balance stay together, even if there are more.
    private static let lines = 500

    /// Returns movements that count the stock, with many counts in each.
    static func movements(_ counts: [ImportPlan.Change]) -> [Movement] {
        var movements: [Movement] = []
        for case .move(let count) in counts.flatMap(\.actions) {
            if let last = movements.last, last.lines.count + count.lines.count <= lines {
                movements[movements.count - 1].lines += count.lines
            } else {
                movements.append(count)
            }
        }
        return movements
    }

    private func send(_ action: Command.Action, _ what: String, _ created: [ProductID: ProductID]) async throws -> Data {
        guard let call = action.call(created) else { return Data() }
        return try await client.call(call.method, call.path, body: call.body).accepted(
            what, ifUnknown: "run the import again: it does what is missing, and nothing twice")
    }
}
