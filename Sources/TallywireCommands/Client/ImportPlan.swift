import TallywireCore

/// The changes with which a catalogue becomes what a file describes. They are planned before anything is changed.
///
/// The plan is decided by the server's own state machine, on a copy of the server's catalogue. So what the server would reject is
/// reported here, with its position in the file, and no import stops halfway. A row finds its item by SKU. Ids are for new items.
///
/// The changes are in an order in which none prevents another: barcodes that move between items are removed first, and new products
/// and variants with ids come before those that get the next free id.
struct ImportPlan {
    /// One change: the commands that make it, and its description.
    struct Change {
        var actions: [Command.Action]
        let text: String
        /// The id that a created product got on the copy. The server may assign another one.
        var product: ProductID?
    }

    private(set) var changes: [Change] = []
    var counts: [Change] = []
    private(set) var created = 0
    private(set) var updated = 0
    var notes: [String] = []
    var state: InventoryState
    private var mistakes: [String] = []
    /// The variants that are counted in ``updated``.
    private var changed: Set<VariantID> = []
    /// New variants that get the next free id. They come last.
    var additions: [Addition] = []

    /// A variant that is added to an existing product.
    struct Addition {
        let product: ProductID
        let variant: NewVariant
        let place: String
    }

    /// The most mistakes that are reported together. After that, a line says that there are more.
    private static let mostReported = 20

    /// Plans the import. Throws all reasons against the file.
    init(_ file: CatalogueFile, on state: InventoryState) throws {
        self.state = state
        notes = file.notes
        for location in file.locations { plan(location) }
        let groups = grouped(file.products)
        releaseBarcodes(groups.flatMap(\.row.variants))
        for group in groups {
            if let existing = group.existing { update(existing, to: group.row) }
        }
        for row in groups.filter({ $0.existing == nil }).map(\.row).sortedByIDs { create(row) }
        for addition in additions { add(addition) }
        for variant in groups.flatMap(\.row.variants) { count(variant) }
        if !mistakes.isEmpty { throw Self.refusal(mistakes) }
    }

    static func refusal(_ mistakes: [String]) -> Failure {
        var lines = mistakes.prefix(mostReported).map { "error: \($0)" }
        if mistakes.count > mostReported { lines.append("and \(mistakes.count - mostReported) more") }
        return Failure((lines + ["nothing was changed"]).joined(separator: "\n"))
    }

    mutating func mistake(_ place: String, _ what: String) { mistakes.append("\(place): \(what)") }

    // MARK: Changes

    /// Decides the commands of a change on the copy. Returns the change as it was decided; `nil` if there is nothing to do, or if a
    /// command was rejected, which is reported.
    mutating func decide(_ change: Change, _ place: String) -> Change? {
        var done = change
        done.actions = []
        for action in change.actions {
            let command = Command(source: "import", action: action).inKeyForm()
            if let rejection = command.validate() {
                mistake(place, "\(rejection.field.map { "\($0): " } ?? "")\(rejection.message)")
                return nil
            }
            let decision = state.decide(command, id: "import", now: Timestamp(milliseconds: 0))
            // The earlier changes do not matter here.
            state.forgetChanges()
            switch decision.outcome {
            case .applied(let receipt):
                if case .createProduct = action { done.product = receipt.product }
                if !decision.events.isEmpty { done.actions.append(command.action) }
            case .rejected(let rejection):
                mistake(place, rejection.message)
                return nil
            }
        }
        return done.actions.isEmpty ? nil : done
    }

    /// Plans a change that creates something. Returns the product that it created.
    @discardableResult
    mutating func create(_ actions: [Command.Action], _ text: String, at place: String) -> ProductID? {
        guard let change = decide(Change(actions: actions, text: text), place) else { return nil }
        changes.append(change)
        created += 1
        return change.product
    }

    /// Plans a change of something that exists. A variant is counted once, however often it changes.
    mutating func update(_ action: Command.Action, _ text: String, of variant: VariantID? = nil, at place: String) {
        guard let change = decide(Change(actions: [action], text: text), place) else { return }
        changes.append(change)
        if variant.map({ changed.insert($0).inserted }) ?? true { updated += 1 }
    }

    // MARK: Locations

    private mutating func plan(_ row: CatalogueFile.LocationRow) {
        guard state.locations[row.code] != nil else {
            let location = Location(
                code: row.code, name: row.name ?? row.code, sells: row.sells ?? true, priority: row.priority ?? 0)
            let text = "create location \(row.code)\(location.sells ? "" : ", which does not sell")"
            create([.createLocation(location)], text, at: row.place)
            return
        }
        update(
            .updateLocation(row.code, LocationUpdate(name: row.name, sells: row.sells, priority: row.priority)),
            "update location \(row.code)", at: row.place)
    }
}

extension [CatalogueFile.ProductRow] {
    /// New products with ids before those that get the next free id; otherwise in their order.
    fileprivate var sortedByIDs: [Element] {
        func rank(_ row: Element) -> Int { (row.id == nil ? 2 : 0) + (row.variants.contains { $0.id != nil } ? 0 : 1) }
        return (0..<4).flatMap { wanted in filter { rank($0) == wanted } }
    }
}
