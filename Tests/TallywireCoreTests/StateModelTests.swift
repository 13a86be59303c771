import Foundation
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireCore

/// The state machine beside a model that is too simple to be wrong in the same way, command by command.
@Suite("The state beside a naive model")
struct StateModelTests {
    @Test("random commands do what the model says, fold to the same state, and can be taken back", arguments: 1...UInt64(40))
    func random(seed: UInt64) throws {
        var commands = RandomCommands(seed: seed)
        var run = Run()
        for _ in 0..<60 {
            try run.batch((0..<Int.random(in: 1...6, using: &commands.random)), &commands)
        }
        #expect(run.applied > 60 && run.refused > 20, "the commands are too much alike")
    }
}

/// A state, what has to be true of it, and the same state folded from the events that were kept.
private struct Run {
    private var state = InventoryState()
    private var model = NaiveInventory()
    private var replica = InventoryState()
    private(set) var applied = 0
    private(set) var refused = 0

    /// Decides a batch as the engine does: all of it is kept, or all is taken back.
    mutating func batch(_ count: Range<Int>, _ commands: inout RandomCommands) throws {
        state.forgetChanges()
        let before = (state: Everything(state), model: model)
        var events: [Event] = []
        for _ in count { events += try decide(commands.next(in: state)) }
        if Int.random(in: 0..<3, using: &commands.random) == 0 {
            state.undo(state.changes)
            model = before.model
            try #require(Everything(state) == before.state, "what was taken back has left something behind")
        } else {
            for event in events { try replica.fold(JSONDecoder().decode(Event.self, from: Data(event.json))) }
            try #require(Everything(replica) == Everything(state), "the events fold to another state")
        }
    }

    private mutating func decide(_ action: Command.Action) throws -> [Event] {
        let command = Command(source: "test", action: action)
        try #require(command.validate() == nil)
        let (before, seen) = (Everything(state), state)
        let decision = state.decide(command, id: "id", now: Timestamp(milliseconds: 1_795_365_600_123))
        var next = model
        do {
            try next.apply(action)
            // The model knows nothing of alerts: an acknowledgement is right where there is the alert.
            if case .acknowledge(let reply) = action, seen.variants[reply.variant]?.alert?.seq != reply.alertSeq {
                throw NaiveInventory.Refused()
            }
            try #require(decision.outcome.receipt != nil, "\(action) is \(decision.outcome)")
            model = next
            applied += 1
        } catch is NaiveInventory.Refused {
            try #require(decision.outcome.rejection != nil, "\(action) was applied")
            try #require(decision.events.isEmpty && Everything(state) == before, "the refused \(action) changed something")
            refused += 1
        }
        try #require(Stock(state) == Stock(model), "after \(action)")
        return decision.events
    }
}

/// What the model knows, of the model and of a state.
private struct Stock: Equatable {
    var items: [String: NaiveInventory.Item] = [:]
    var articles: [Int64: NaiveInventory.Article] = [:]
    var stock: [String: Int64] = [:]
    var versions: [String: Int64] = [:]
    var totals: [Int64: Int64] = [:]
    let locations: [String: Location]

    init(_ model: NaiveInventory) {
        locations = model.locations
        articles = model.articles
        for id in articles.keys { totals[id] = 0 }
        for (sku, item) in model.items {
            items[sku] = item
            // What never was at a place and what is there no more is the same.
            items[sku]?.onHand = item.onHand.filter { $0.value != 0 }
            stock[sku] = item.onHand.reduce(0) { $0 + (model.locations[$1.key]?.sells == true ? $1.value : 0) }
            versions[sku] = model.versions[sku] ?? 0
            totals[item.product, default: 0] += stock[sku] ?? 0
        }
    }

    init(_ state: InventoryState) {
        locations = state.locations
        for product in state.products.values {
            articles[product.id.rawValue] = .init(price: product.price, status: product.status, isSingle: product.hasDefaultVariant)
            totals[product.id.rawValue] = product.totalStock
        }
        for variant in state.variants.values {
            items[variant.sku] = .init(
                id: variant.id.rawValue, product: variant.productID.rawValue, isDefault: variant.isDefault, price: variant.ownPrice,
                codes: variant.barcodes,
                onHand: Dictionary(
                    uniqueKeysWithValues: variant.balances.filter { $0.onHand != 0 }.map { ($0.location, $0.onHand) }))
            stock[variant.sku] = variant.stock
            versions[variant.sku] = variant.version
        }
    }
}

/// All that a state answers, for every key that the commands use.
private struct Everything: Equatable {
    let seq: UInt64
    let products: [ProductID: Product]
    let variants: [VariantID: Variant]
    let locations: [String: Location]
    let lastIDs: InventoryState.LastIDs
    let firstVersions: [Int64]
    let found: [VariantID?]
    let units: [Int64?]

    init(_ state: InventoryState) {
        seq = state.seq
        products = state.products
        variants = state.variants
        locations = state.locations
        lastIDs = state.lastIDs
        firstVersions = RandomCommands.skus.map { state.firstVersion(ofSKU: $0) }
        let items = RandomCommands.skus.map { state.resolve(.sku($0)) } + RandomCommands.codes.map { state.resolve(.barcode($0)) }
        found = items.map { $0?.variant }
        units = items.map { $0?.units }
    }
}
