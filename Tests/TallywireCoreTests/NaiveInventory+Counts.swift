import TallywireCore

/// Counts that somebody opens, in which several people count, and which are posted.
extension NaiveInventory {
    /// A count that has not ended. Items are named by their ids.
    struct Count: Equatable {
        let new: NewCount, opened: Int
        var isClosed = false, lines: [Int64: CountLine] = [:]
        func covers(_ sku: String, _ id: Int64) -> Bool {
            switch new.scope {
            case .everything: true
            case .skus(let skus): skus.contains(sku) || lines[id] != nil
            case .prefix(let prefix): sku.hasPrefix(prefix) || lines[id] != nil
            }
        }
    }
    struct CountLine: Equatable { var units: Int64, at: Int64, parts: Int64, since: Int }
    struct Report {
        let count: String, opened: Int, item: Int64, product: Int64, serial: Int, previous: Int64?, at: Int64, kind: Kind,
            units: Int64
    }
    enum Kind { case part, recount, takenBack }

    mutating func open(_ new: NewCount, id: String) throws {
        try require(locations[new.location] != nil && counts[id] == nil)
        try require(!counts.values.contains { $0.new.location == new.location && !$0.isClosed })
        try require((new.scope.skus ?? []).allSatisfy { items[$0] != nil })
        counts[id] = Count(new: new, opened: serial)
    }

    mutating func carryOut(_ use: CountUse) throws {
        guard let count = counts[use.count] else { throw Refused() }
        switch use.kind {
        case .count(let lines, let replaces):
            try require(!count.isClosed || replaces)
            for line in lines {
                let (sku, units) = try find(line.item)
                try require(line.quantity * units <= Limits.largestQuantity && count.covers(sku, items[sku]?.id ?? 0))
                report(line.quantity * units, of: sku, to: use.count, replaces: replaces)
            }
        case .close: try settle(use.count, mustPost: false)
        case .post: try settle(use.count, mustPost: true)
        case .void: counts[use.count] = nil
        }
    }

    mutating func report(_ units: Int64, of sku: String, to id: String, replaces: Bool) {
        guard let item = items[sku], let count = counts[id] else { return }
        if let index = reports.firstIndex(where: { $0.count == id && $0.item == item.id }) {
            let old = reports[index]
            reports[index] = Report(
                count: id, opened: old.opened, item: item.id, product: item.product, serial: serial, previous: old.previous,
                at: clock, kind: old.kind, units: old.units + units)
            counts[id]?.lines[item.id]?.units += units
            return
        }
        let known = count.lines[item.id], before = replaces ? nil : known
        let isRecount = replaces && known != nil
        reports.append(
            Report(
                count: id, opened: count.opened, item: item.id, product: item.product, serial: serial, previous: before?.at,
                at: clock, kind: isRecount ? .recount : .part, units: units))
        counts[id]?.lines[item.id] = CountLine(
            units: (before?.units ?? 0) + units, at: clock, parts: (before?.parts ?? 0) + 1,
            since: isRecount ? serial : known?.since ?? serial)
    }

    mutating func takeBack(_ report: Report) throws {
        guard let count = counts[report.count], count.opened == report.opened, !count.isClosed, report.kind == .part,
            var line = count.lines[report.item], line.since <= report.serial,
            items.values.contains(where: { $0.id == report.item && $0.product == report.product })
        else { throw Refused() }
        line.units -= report.units
        line.parts -= 1
        if line.at == report.at { line.at = report.previous ?? line.at }
        counts[report.count]?.lines[report.item] = line.parts == 0 ? nil : line
        reports.append(
            Report(
                count: report.count, opened: report.opened, item: report.item, product: report.product, serial: serial,
                previous: nil, at: clock, kind: .takenBack, units: 0))
    }

    mutating func settle(_ id: String, mustPost: Bool) throws {
        guard var count = counts[id] else { throw Refused() }
        let place = count.new.location
        if !count.isClosed, count.new.missing == .zero {
            let all = Count(new: count.new, opened: 0)
            for (sku, item) in items where all.covers(sku, item.id) && item.onHand[place] ?? 0 != 0 && count.lines[item.id] == nil {
                count.lines[item.id] = CountLine(units: 0, at: clock, parts: 1, since: serial)
            }
        }
        let found = count.lines.map { item, line -> (sku: String, line: CountLine, variance: Int64?) in
            let sku = items.first { $0.value.id == item }?.key ?? ""
            let since = log.reduce(0) { $0 + ($1.item == item && $1.place == place && $1.at > line.at ? $1.units : 0) }
            let isOld = line.at < items[sku]?.counts[place] ?? .min
            return (sku, line, isOld ? nil : line.units - ((items[sku]?.onHand[place] ?? 0) - since))
        }
        guard mustPost || found.allSatisfy({ abs($0.variance ?? 0) <= count.new.tolerance }) else {
            count.isClosed = true
            counts[id] = count
            return
        }
        counts[id] = nil
        for (sku, line, variance) in found.sorted(by: { items[$0.sku]?.id ?? 0 < items[$1.sku]?.id ?? 0 }) {
            let (units, spot) = (variance ?? 0, variance.map { _ in Spot(place: place, state: .available) })
            try go(sku, abs(units), units < 0 ? spot : nil, units < 0 ? nil : spot, isForced: true, at: line.at)
            if variance != nil { items[sku]?.counts[place] = line.at }
            versions[sku, default: 0] += 1
        }
    }
}
