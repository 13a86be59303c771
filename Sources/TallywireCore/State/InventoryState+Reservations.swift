/// Reservations: units are held, and then captured, released, or given back at the end of the time.
extension InventoryState {
    // MARK: Plans

    func plan(reserving new: NewReservation, id: String, source: String, now: Timestamp) throws(Rejection) -> Plan {
        guard reservations[id] == nil else {
            throw Rejection(.idTaken, "there is an open reservation “\(id.excerpt)” already", field: "id")
        }
        guard reservations.count < Limits.reservations else {
            throw Rejection(.outOfRange, "a journal has at most \(Limits.reservations) open reservations")
        }
        let expiresAt = try new.end.time(from: now)
        var draft = StockDraft()
        var holds: [Reservation.Hold] = []
        for (index, line) in new.lines.enumerated() {
            try draft.hold(line, at: index, isPartial: new.isPartial, for: id, &holds, in: self)
        }
        guard !holds.isEmpty else {
            throw Rejection(.insufficientStock, "none of it is available", field: "lines", available: 0)
        }
        draft.set(
            Reservation(
                id: id, number: StockDraft.newNumber, reference: new.reference, createdAt: now, expiresAt: expiresAt, holds: holds))
        let cause = StockDraft.Cause(id: id, source: source, reference: new.reference)
        return Plan(bodies: draft.events(of: cause, in: self), reservation: id)
    }

    func plan(
        using use: ReservationUse, id: String, source: String, _ circumstances: Circumstances
    ) throws(Rejection) -> Plan {
        let reservation = try openReservation(use.reservation, circumstances)
        var draft = StockDraft()
        switch use.kind {
        case .capture(let keepsRest):
            try draft.forEachUnit(of: reservation, use.lines, in: self) { draft, hold, units, line throws(Rejection) in
                try draft.capture(units, hold, of: reservation, line: line, in: self)
            }
            if !keepsRest {
                let rest = draft.current(reservation)
                for hold in rest.holds.indices {
                    try draft.giveBack(rest.holds[hold].held, hold, of: rest, .release, line: 0, in: self)
                }
            }
            draft.close(reservation, as: .captured)
        case .release:
            try draft.forEachUnit(of: reservation, use.lines, in: self) { draft, hold, units, line throws(Rejection) in
                try draft.giveBack(units, hold, of: reservation, .release, line: line, in: self)
            }
            draft.close(reservation, as: .released)
        }
        let cause = StockDraft.Cause(id: id, source: source, reason: use.reason, reference: reservation.reference)
        return Plan(bodies: draft.events(of: cause, in: self), reservation: reservation.id)
    }

    func plan(
        ending id: String, _ end: NewReservation.End, now: Timestamp, _ circumstances: Circumstances
    ) throws(Rejection) -> Plan {
        var reservation = try openReservation(id, circumstances)
        let expiresAt = try end.time(from: now)
        guard expiresAt != reservation.expiresAt else { return Plan(reservation: id) }
        reservation.expiresAt = expiresAt
        return Plan(bodies: [.reservationChanged(ReservationChanged(reservation))], reservation: id)
    }

    /// The plan for the end of an open reservation's time.
    func plan(expiring reservation: Reservation, id: String, source: String) throws(Rejection) -> Plan {
        var draft = StockDraft()
        for (hold, units) in reservation.holds.map(\.held).enumerated() {
            try draft.giveBack(units, hold, of: reservation, .expire, line: 0, in: self)
        }
        draft.close(reservation, as: .expired)
        let cause = StockDraft.Cause(id: id, source: source, reference: reservation.reference)
        return Plan(bodies: draft.events(of: cause, in: self), reservation: reservation.id)
    }

    // MARK: Looking up

    /// The reservation `id`, which has to be open and inside of its time.
    func openReservation(
        _ id: String, _ circumstances: Circumstances, field: @autoclosure () -> String? = nil
    ) throws(Rejection) -> Reservation {
        guard let reservation = reservation(id) ?? circumstances.ended[id] else {
            throw Rejection(.unknownReservation, "there is no reservation “\(id.excerpt)”", field: field())
        }
        guard reservation.status == .held else {
            let code: Rejection.Code = reservation.status == .expired ? .reservationExpired : .reservationClosed
            throw refusal(of: reservation, code, "was \(reservation.status.rawValue)", field: field())
        }
        guard reservation.expiresAt > circumstances.reservationsEnd else {
            throw refusal(of: reservation, .reservationExpired, "expired at \(reservation.expiresAt)", field: field())
        }
        return reservation
    }

    /// Says that a reservation has ended, and how many units of its first variant anybody can have.
    private func refusal(of reservation: Reservation, _ code: Rejection.Code, _ what: String, field: String?) -> Rejection {
        let stock = reservation.holds.first.flatMap { variants[$0.variant]?.stock } ?? 0
        return Rejection(code, "the reservation “\(reservation.id.excerpt)” \(what)", field: field, available: stock)
    }

    /// The locations that sell and have units of `variant`, in the order in which they are asked.
    fileprivate func sellers(of variant: Variant) -> [Balance] {
        func priority(_ balance: Balance) -> Int64 { locations[balance.location]?.priority ?? 0 }
        return variant.balances
            .filter { $0.available > 0 && locations[$0.location]?.sells == true }
            .sorted { (priority($0), $1.available, $0.location) < (priority($1), $0.available, $1.location) }
    }
}

extension NewReservation.End {
    /// The end of the time of a command that is decided at `now`.
    fileprivate func time(from now: Timestamp) throws(Rejection) -> Timestamp {
        let bounds = Limits.reservationTime
        switch self {
        case .after(let duration): return now.advanced(by: duration)
        case .at(let time):
            guard (now.advanced(by: bounds.lowerBound)...now.advanced(by: bounds.upperBound)).contains(time) else {
                throw Rejection(
                    .invalidRequest,
                    "a reservation ends 1 second to 30 days from now, which is \(now), and not at \(time)", field: "expiresAt")
            }
            return time
        }
    }
}

extension StockDraft {
    /// Holds the units of a line, at as many locations as it takes.
    fileprivate mutating func hold(
        _ line: NewReservation.Line, at index: Int, isPartial: Bool, for reservation: String, _ holds: inout [Reservation.Hold],
        in state: InventoryState
    ) throws(Rejection) {
        let (id, wanted) = try state.units(of: line.item, line.quantity, line: index)
        let variant = position(of: id, in: state)
        var places: [Balance] = []
        for (position, location) in (line.locations ?? []).enumerated() {
            try state.require(location, field: "lines[\(index)].locations[\(position)]")
            if !places.contains(where: { $0.location == location }) {
                places.append(variants[variant].balances.balance(at: location))
            }
        }
        if line.locations == nil { places = state.sellers(of: variants[variant]) }
        let available = places.reduce(0) { $0 + $1.available }
        guard available >= wanted || isPartial else {
            throw Rejection(
                .insufficientStock,
                "\(variants[variant].sku) has \(available) available"
                    + (line.locations.map { " at \($0.joined(separator: ", ").excerpt)" } ?? "") + ", \(wanted) were asked for",
                field: "lines[\(index)].quantity", available: available)
        }
        var left = wanted
        for var balance in places where left > 0 && balance.available > 0 {
            let units = min(left, balance.available)
            left -= units
            balance.reserved += units
            let change = StockChange(operation: .reserve, quantity: units, balance: balance, reservation: reservation)
            try step(variant, change, line: index, in: state)
            if let known = holds.firstIndex(where: { $0.variant == id && $0.location == balance.location }) {
                holds[known].quantity += units
            } else {
                holds.append(Reservation.Hold(variants[variant], at: balance.location, units))
            }
        }
        guard holds.count <= Limits.linesPerReservation else {
            throw Rejection(
                .outOfRange, "a reservation holds units at most at \(Limits.linesPerReservation) places, variant by variant",
                field: "lines[\(index)]")
        }
    }

    /// Takes units of a reservation that are held at `location`, or wherever they are held.
    mutating func capture(
        _ units: Int64, of variant: Int, at location: String?, from reservation: Reservation, line: Int, in state: InventoryState
    ) throws(Rejection) {
        let item = ReservationUse.Line(item: .variant(variants[variant].id), quantity: units, location: location)
        try forEachUnit(of: reservation, item, at: line, in: state) { draft, hold, units throws(Rejection) in
            try draft.capture(units, hold, of: reservation, line: line, in: state)
        }
        close(reservation, as: .captured)
    }

    /// Calls `body` with each hold, by its index, that has units of the lines, and with how many: of each hold as many as it has,
    /// until a line's quantity is reached. Without lines they are all units that are held.
    fileprivate mutating func forEachUnit(
        of reservation: Reservation, _ lines: [ReservationUse.Line]?, in state: InventoryState,
        _ body: (inout StockDraft, _ hold: Int, _ units: Int64, _ line: Int) throws(Rejection) -> Void
    ) throws(Rejection) {
        guard let lines else {
            for (hold, units) in reservation.holds.map(\.held).enumerated() where units > 0 { try body(&self, hold, units, 0) }
            return
        }
        for (index, line) in lines.enumerated() {
            try forEachUnit(of: reservation, line, at: index, in: state) { draft, hold, units throws(Rejection) in
                try body(&draft, hold, units, index)
            }
        }
    }

    private mutating func forEachUnit(
        of reservation: Reservation, _ line: ReservationUse.Line, at index: Int, in state: InventoryState,
        _ body: (inout StockDraft, _ hold: Int, _ units: Int64) throws(Rejection) -> Void
    ) throws(Rejection) {
        let (variant, wanted) = try state.units(of: line.item, line.quantity, line: index)
        if let location = line.location { try state.require(location, field: "lines[\(index)].location") }
        let holds = current(reservation).holds.enumerated().filter {
            $0.element.variant == variant && (line.location ?? $0.element.location) == $0.element.location
        }
        let held = holds.reduce(0) { $0 + $1.element.held }
        guard held >= wanted else {
            throw Rejection(
                .insufficientStock,
                "the reservation “\(reservation.id.excerpt)” holds \(held) of it"
                    + (line.location.map { " at \($0.excerpt)" } ?? "") + ", \(wanted) were asked for",
                field: "lines[\(index)].quantity", available: held)
        }
        var left = wanted
        for (index, hold) in holds where left > 0 && hold.held > 0 {
            try body(&self, index, min(left, hold.held))
            left -= min(left, hold.held)
        }
    }

    /// Takes units of one hold, which have to be on hand.
    fileprivate mutating func capture(
        _ units: Int64, _ index: Int, of original: Reservation, line: Int, in state: InventoryState
    ) throws(Rejection) {
        var reservation = current(original)
        let hold = reservation.holds[index]
        let variant = position(of: hold.variant, in: state)
        var balance = variants[variant].balances.balance(at: hold.location)
        guard balance.usable >= units || isAbsorbed(at: balance) else {
            throw Rejection(
                .insufficientStock,
                "\(variants[variant].sku) has \(balance.usable) on hand at \(hold.location), \(units) were to be captured",
                field: "lines[\(line)].quantity", available: max(0, balance.usable))
        }
        balance.onHand -= units
        balance.reserved -= units
        let change = StockChange(operation: .capture, quantity: units, balance: balance, reservation: reservation.id)
        try step(variant, change, line: line, in: state)
        reservation.holds[index].captured += units
        set(reservation)
    }

    /// Gives back units of one hold; `operation` says why.
    fileprivate mutating func giveBack(
        _ units: Int64, _ index: Int, of original: Reservation, _ operation: Operation, line: Int, in state: InventoryState
    ) throws(Rejection) {
        guard units > 0 else { return }
        var reservation = current(original)
        let hold = reservation.holds[index]
        let variant = position(of: hold.variant, in: state)
        var balance = variants[variant].balances.balance(at: hold.location)
        balance.reserved -= units
        let change = StockChange(operation: operation, quantity: units, balance: balance, reservation: reservation.id)
        try step(variant, change, line: line, in: state)
        reservation.holds[index].released += units
        set(reservation)
    }

    /// Ends a reservation that holds no units any more.
    fileprivate mutating func close(_ original: Reservation, as status: Reservation.Status) {
        var reservation = current(original)
        guard !reservation.holdsUnits else { return }
        reservation.status = status
        set(reservation)
    }
}

extension Reservation.Hold {
    fileprivate init(_ variant: Variant, at location: String, _ units: Int64) {
        self.init(
            product: variant.productID, variant: variant.id, isDefaultVariant: variant.isDefault, sku: variant.sku,
            location: location, quantity: units)
    }
}
