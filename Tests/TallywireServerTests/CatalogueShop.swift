import Foundation
import TallywireCore

@testable import TallywireCommands
@testable import TallywireServer

/// Catalogues for the tests of import and export: what a server has, and what it says to a file.
enum CatalogueShop {
    /// A server's catalogue, by the bodies of commands.
    static func of(_ actions: [Command.Action]) -> InventoryState {
        var state = InventoryState(seq: 0, locations: [.main], products: [], variants: [], lastIDs: .init())
        for action in actions { precondition(apply(action, to: &state) == nil) }
        return state
    }

    /// Does what the server does with a command. Gives why it was refused, if it was.
    static func apply(_ action: Command.Action, to state: inout InventoryState) -> String? {
        let command = Command(source: "test", action: action).inKeyForm()
        if let rejection = command.validate() { return rejection.message }
        if case .rejected(let rejection) = state.decide(command, id: "1", now: Timestamp(milliseconds: 0)).outcome {
            return rejection.message
        }
        return nil
    }

    /// Does what an import does with a plan. Gives why it was refused, if it was.
    static func carryOut(_ plan: ImportPlan, on state: inout InventoryState) -> String? {
        let counts = CatalogueImport.movements(plan.counts).map { Command.Action.move($0) }
        for action in plan.changes.flatMap(\.actions) + counts {
            if let bytes = action.call([:])?.body.count, bytes > 1 << 20 { return "a body of \(bytes) bytes" }
            if let refusal = apply(action, to: &state) { return refusal }
        }
        return nil
    }

    static func plan(_ csv: String, on state: InventoryState) throws -> ImportPlan {
        try ImportPlan(CatalogueCSV.read(csv, "f.csv"), on: state)
    }

    static func plan(json: String, on state: InventoryState) throws -> ImportPlan {
        try ImportPlan(CatalogueJSON.read(json, "f.json"), on: state)
    }

    static func refusal(of csv: String, on state: InventoryState? = nil) -> String {
        refusal { _ = try plan(csv, on: state ?? of([])) }
    }

    static func refusal(ofJSON json: String, on state: InventoryState? = nil) -> String {
        refusal { _ = try plan(json: json, on: state ?? of([])) }
    }

    private static func refusal(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "it was not refused"
        } catch { return (error as? Failure)?.message ?? "\(error)" }
    }

    /// A product with two variants, of which one has a price of its own, and one without variants.
    static var tees: InventoryState {
        of([
            .createProduct(
                NewProduct(
                    id: 1, name: "Tee", price: Price("19.99"),
                    content: .variants([
                        NewVariant(id: 1, sku: "T-S", name: "S", price: Price("21.50"), barcodes: [Barcode(code: "4006381333948")]),
                        NewVariant(id: 2, sku: "T-M", name: "M"),
                    ])))
        ])
    }

    /// Tees, and a mug without variants.
    static var teesAndMug: InventoryState {
        var state = tees
        let mug = NewProduct(
            id: 2, name: "Mug", price: Price("9.50"),
            content: .single(NewVariant(id: 3, sku: "MUG", name: "Mug", barcodes: [Barcode(code: "222")])))
        precondition(apply(.createProduct(mug), to: &state) == nil)
        return state
    }
}
