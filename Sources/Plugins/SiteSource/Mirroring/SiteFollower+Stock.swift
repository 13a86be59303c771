import TallywireCore
import TallywireEngine
import TallywirePipeline

/// A command that sets the stock of a SKU at one of the site's locations.
struct StockCommand: Sendable {
    let key: StockKey
    let command: Command
}

extension SiteFollower {
    /// How many commands are decided at once.
    private static let batch = 500
    /// The pause before commands are handed in again that the server could not take.
    private static let passingPause = Duration.milliseconds(250)
    /// How many unknown SKUs are looked at in one go.
    private static let looks = 1_000
    /// How often what is missing for another reason is tried again.
    private static let retry = Duration.seconds(30)

    // MARK: Commands

    /// The command that sets the stock of `key` to `units`; `nil` for a location that cannot be here, which is noted.
    ///
    /// Without an `id` the command is for a value that was read from a list. It is then right whenever it is applied, since nothing newer
    /// is applied before it.
    func stockCommand(
        _ key: StockKey, _ units: Int64, id: String? = nil, reason: String? = nil, reference: String? = nil
    ) -> StockCommand? {
        do throws(SiteFailure) {
            let line = Movement.Line(
                item: .sku(key.sku), location: try site.location(key.location), operation: .set, quantity: units)
            return StockCommand(
                key: key,
                command: Command(
                    id: id, source: context.name, action: .move(Movement(reason: reason, reference: reference, lines: [line]))))
        } catch {
            missing.add(location: key.location, error.description)
            context.status.update { $0.ignored += 1 }
            return nil
        }
    }

    /// Applies changes of stock in their order. SKUs whose change is refused are ``missing``.
    func submit(_ changes: [StockCommand]) async throws {
        for begin in stride(from: 0, to: changes.count, by: Self.batch) {
            let part = changes[begin..<min(begin + Self.batch, changes.count)]
            for (change, outcome) in zip(part, try await submit(part.map(\.command))) {
                guard let rejection = outcome.rejection else { continue }
                missing.add(sku: change.key.sku, rejection.message, isUnknown: rejection.code == .unknownVariant)
            }
        }
    }

    /// Hands in commands until each is decided. Returns their outcomes, in their order.
    func submit(_ commands: [Command]) async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        while outcomes.count < commands.count {
            // The first that cannot be taken now ends its lane, so that the later ones do not overtake it.
            let answers = await context.gateway.submit(Array(commands[outcomes.count...]), in: CommandLane())
            let decided = answers.prefix { $0.rejection?.code.isPassing != true }
            outcomes += decided
            count(decided)
            guard decided.count < answers.count else { continue }
            context.status.update { $0.lastError = answers[decided.count].rejection?.message }
            try await Task.sleep(for: Self.passingPause)
        }
        return outcomes
    }

    private func count(_ outcomes: ArraySlice<Outcome>) {
        context.status.update { status in
            for outcome in outcomes {
                switch outcome {
                case .applied(let receipt) where receipt.status == .duplicate: status.duplicates += 1
                case .applied: status.applied += 1
                case .rejected: status.rejected += 1
                }
            }
        }
    }

    // MARK: Values

    /// The commands that make the stock of a SKU here what `rows` say. A SKU with stock that is unknown here is noted.
    func differences(_ sku: String, _ rows: [SiteStock]) async throws -> [StockCommand] {
        guard let here = try await context.stock.variant(.sku(sku)).value else {
            if rows.contains(where: { $0.stock != 0 }) {
                missing.add(sku: sku, "no variant has the SKU “\(sku.excerpt)”", isUnknown: true)
            } else {
                missing.remove(sku: sku)
            }
            return []
        }
        missing.remove(sku: sku)
        var wanted: [String: Int64] = [:]
        for row in rows { wanted[row.location] = row.stock }
        var units: [String: Int64] = [:]
        for balance in here.variant.balances where site.has(balance.location) {
            units[String(balance.location.dropFirst(site.prefix.count))] = balance.onHand
        }
        for code in units.keys where wanted[code] == nil { wanted[code] = 0 }
        return wanted.sorted { $0.key < $1.key }.compactMap { code, stock in
            units[code] ?? 0 == stock ? nil : stockCommand(StockKey(sku: sku, location: code), stock)
        }
    }

    /// Reads the stock of a SKU from the site, and makes it the stock here.
    func refresh(_ sku: String) async throws {
        let (found, at) = try await client.stock(sku)
        if let position { try check(at, position.epoch) }
        guard let rows = found else {
            return missing.add(sku: sku, "it lies at more than 1000 locations, so only a restart reads it", isUnknown: false)
        }
        let commands = try await differences(sku, rows)
        // What the stream still brings up to there is older.
        if at.seq > position?.seq ?? 0 {
            try await unstore()
            for code in Set(rows.map(\.location)).union(commands.map(\.key.location)) {
                newer.note(StockKey(sku: sku, location: code), at: at.seq)
            }
        }
        try await submit(commands)
    }

    // MARK: What is missing

    /// Brings what was missing and can be here now.
    func lookAtMissing() async throws {
        guard !missing.isComplete else { return }
        let isRetry = ContinuousClock.now >= nextRetry
        if isRetry { nextRetry = .now + Self.retry }
        for sku in unknownSKUs() {
            guard try await context.stock.variant(.sku(sku)).value != nil else { continue }
            if missing.isCut { throw NeedsSnapshot(reason: "SKUs of the site are known here that were not") }
            try await refresh(sku)
        }
        if isRetry {
            for (sku, _) in missing.skus.filter({ !$0.value.isUnknown }).prefix(Self.looks) { try await refresh(sku) }
            for (product, _) in missing.products.prefix(Self.looks) { try await mirrorProduct(product, after: nil) }
            for (sku, _) in missing.removals.prefix(Self.looks) { try await removeHere(sku) }
        }
        if let position { try await advance(to: position.seq) }
        showMissing()
    }

    /// The unknown SKUs that are looked at now: all of them, or the next ones of too many.
    private func unknownSKUs() -> [String] {
        let unknown = missing.skus.filter(\.value.isUnknown).keys.sorted()
        guard unknown.count > Self.looks else { return unknown }
        nextLook = nextLook < unknown.count ? nextLook : 0
        defer { nextLook += Self.looks }
        return Array(unknown[nextLook...].prefix(Self.looks))
    }
}
