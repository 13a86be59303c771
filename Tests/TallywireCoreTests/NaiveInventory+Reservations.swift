import TallywireCore

/// What reservations hold.
extension NaiveInventory {
    /// The units of a SKU that a reservation holds at a location.
    struct Part: Equatable {
        let id: String, location: String
        var sku: String, quantity: Int64, captured: Int64 = 0, released: Int64 = 0
        var held: Int64 { quantity - captured - released }
    }

    mutating func reserve(_ new: NewReservation, id: String) throws {
        ends[id] = clock + new.end.milliseconds
        for line in new.lines {
            let (sku, units) = try find(line.item)
            var left = line.quantity * units
            try require(left <= Limits.largestQuantity && (line.locations ?? []).allSatisfy { locations[$0] != nil })
            let any = locations.values.filter(\.sells).sorted {
                ($0.priority, available(sku, $1.code), $0.code) < ($1.priority, available(sku, $0.code), $1.code)
            }
            for location in line.locations ?? any.map(\.code) {
                let units = min(left, available(sku, location))
                left -= units
                if units > 0 { hold(Part(id: id, location: location, sku: sku, quantity: units)) }
            }
            try require(left == 0 || new.isPartial)
        }
        try require(parts.last?.id == id)
    }

    mutating func carryOut(_ use: ReservationUse) throws {
        let lines = use.lines.map { $0.map { ($0.item, $0.quantity, $0.location) } }
        try take(use.reservation, lines, isCapture: use.kind != .release)
        if use.kind == .capture(keepsRest: false) { try take(use.reservation, nil, isCapture: false) }
        close(use.reservation)
    }

    mutating func take(_ id: String, _ lines: [(ItemReference, Int64, String?)]?, isCapture: Bool) throws {
        try require(ends[id] != nil)
        for (item, quantity, location) in lines ?? [(.sku(""), 0, nil)] {
            let sku = try lines == nil ? nil : find(item).sku
            var left = try lines == nil ? .max : quantity * find(item).units
            try require(location == nil || locations[location ?? ""] != nil)
            for (index, part) in parts.enumerated() where part.id == id && part.held > 0 && left > 0 {
                guard sku ?? part.sku == part.sku, location ?? part.location == part.location else { continue }
                let units = min(left, part.held)
                if isCapture { try go(part.sku, units, Spot(place: part.location, state: .available), nil, isForced: true) }
                try require(!isCapture || (items[part.sku]?.usable(part.location) ?? 0) >= 0)
                if isCapture { parts[index].captured += units } else { parts[index].released += units }
                versions[part.sku, default: 0] += 1
                left -= units
            }
            try require(lines == nil || left == 0)
        }
    }

    mutating func close(_ id: String) {
        guard parts.allSatisfy({ $0.id != id || $0.held == 0 }) else { return }
        ends[id] = nil
        parts.removeAll { $0.id == id }
    }

    mutating func hold(_ part: Part) {
        versions[part.sku, default: 0] += 1
        let same = parts.firstIndex { $0.id == part.id && $0.sku == part.sku && $0.location == part.location }
        if let same { parts[same].quantity += part.quantity } else { parts.append(part) }
    }

    /// Ends what is over, in order, and returns the ids.
    mutating func expire(upTo now: Int64) throws -> [String] {
        let order = Dictionary(parts.enumerated().map { ($1.id, $0) }) { first, _ in first }
        let over = ends.filter { $0.value <= now }.keys.sorted { (ends[$0]!, order[$0]!) < (ends[$1]!, order[$1]!) }
        for id in over { try take(id, nil, isCapture: false) }
        for id in over { close(id) }
        judge()
        return over
    }

    func reserved(_ sku: String, _ location: String, from index: Int = 0) -> Int64 {
        parts[index...].reduce(0) { $0 + ($1.sku == sku && $1.location == location ? $1.held : 0) }
    }

    /// What of a part is not on hand: the youngest reservations go short first.
    func short(_ index: Int) -> Int64 {
        let part = parts[index]
        let missing = reserved(part.sku, part.location) - (items[part.sku]?.usable(part.location) ?? 0)
        return min(part.held, max(0, missing - reserved(part.sku, part.location, from: index + 1)))
    }
}
