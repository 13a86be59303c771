import TallywireCore

/// What moves units, and what is taken back.
extension NaiveInventory {
    struct Spot { let place: String, state: StockState }
    struct Step { let item: Int64, product: Int64, units: Int64, from: Spot?, to: Spot?, at: Int64 }

    mutating func move(_ line: Movement.Line) throws {
        if let reservation = line.reservation {
            try take(reservation, [(line.item, line.quantity, line.location)], isCapture: true)
            close(reservation)
            return
        }
        let ((sku, units), place) = (try find(line.item), line.location ?? "")
        let (quantity, there, free) = (line.quantity * units, items[sku]?.onHand[place] ?? 0, available(sku, place))
        try require(quantity <= Limits.largestQuantity && line.expected ?? free == free)
        let (from, to) = (
            Spot(place: place, state: line.fromState), Spot(place: line.destination ?? place, state: line.toState)
        )
        let open = counts.first {
            $0.value.new.location == place && !$0.value.isClosed && $0.value.covers(sku, items[sku]?.id ?? 0)
        }
        if line.operation == .count, let open {
            try require(locations[place] != nil)
            report(quantity, of: sku, to: open.key, replaces: false)
            return
        }
        let difference = quantity - there
        switch line.operation {
        case .set, .count:
            let spot = Spot(place: place, state: .available)
            try go(sku, abs(difference), difference < 0 ? spot : nil, difference < 0 ? nil : spot, isForced: true)
            if line.operation == .count { items[sku]?.counts[place] = clock }
        case .add: try go(sku, quantity, nil, to)
        case .subtract: try go(sku, quantity, from, nil, isForced: line.allowsNegative)
        default: try go(sku, quantity, from, to)
        }
        for location in [place, line.destination].compactMap(\.self) {
            versions[sku, default: 0] += 1
            try require(locations[location] != nil)
        }
    }

    mutating func reverse(_ reversal: Reversal) throws {
        guard case .movement(let id, _) = reversal.subject, done[id] != nil || reported[id] != nil else { throw Refused() }
        for report in reported.removeValue(forKey: id) ?? [] { try takeBack(report) }
        for step in (done.removeValue(forKey: id) ?? []).reversed()
        where step.units != 0 && (step.from != nil || step.to != nil) {
            let sku = items.first { $0.value.id == step.item && $0.value.product == step.product }?.key
            try require(sku != nil && step.units <= Limits.largestQuantity)
            try go(sku ?? "", step.units, step.to, step.from, undoneAt: step.at)
            versions[sku ?? "", default: 0] += step.from != nil && step.to != nil && step.from?.place != step.to?.place ? 2 : 1
        }
    }

    /// Takes units from a state at a place to another, or from or to outside. Where it was counted since what is undone happened, the
    /// units on hand are right already.
    mutating func go(
        _ sku: String, _ units: Int64, _ from: Spot?, _ to: Spot?, isForced: Bool = false, undoneAt: Int64 = .max, at: Int64? = nil
    ) throws {
        guard let item = items[sku] else { throw Refused() }
        let isMove = from != nil && from?.place == to?.place
        func isCounted(_ spot: Spot) -> Bool { undoneAt < item.counts[spot.place] ?? .min }
        func isDone(_ spot: Spot, _ other: Spot?) -> Bool {
            !isCounted(spot) || spot.state == .incoming && isMove || isMove && other?.state != .incoming
        }
        steps.append(
            Step(
                item: item.id, product: item.product, units: units, from: from.flatMap { isDone($0, to) ? $0 : nil },
                to: to.flatMap { isDone($0, from) ? $0 : nil }, at: at ?? clock))
        for (spot, units) in [(from, -units), (to, units)] {
            guard let spot, spot.state != .incoming, !isCounted(spot) else { continue }
            log.append((item.id, spot.place, units, at ?? clock))
        }
        if let from {
            let apart = item.apart[from.place]?[from.state] ?? 0
            let isFound = isMove && [.damaged, .inspection].contains(to?.state)
            let there =
                switch from.state {
                case .available: isFound ? item.usable(from.place) : available(sku, from.place)
                case .incoming: apart
                default: min(apart, max(0, item.onHand[from.place] ?? 0))
                }
            try require((units <= there || isForced || isCounted(from)) && locations[from.place] != nil)
            items[sku]?.put(-units, from.place, from.state, isCounted: isCounted(from))
        }
        if let to {
            try require(locations[to.place] != nil)
            items[sku]?.put(units, to.place, to.state, isCounted: isCounted(to))
        }
    }
}
