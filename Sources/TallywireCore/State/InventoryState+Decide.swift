/// What became of a command, and its events.
public struct Decision: Sendable {
    public let outcome: Outcome
    /// The events, already folded into the state. There are none for a rejection, or if there was nothing to change.
    public let events: [Event]
    /// Why the plan did not fit the state, which is a fault of the planner; `nil` for every command that was decided as it should
    /// be.
    ///
    /// With a fault the state may contain a part of the plan. The caller has to undo everything since the last
    /// ``InventoryState/forgetChanges()``, and decide the commands before this one again.
    public let fault: FoldError?
}

extension InventoryState {
    /// Decides `command`, whose id is `id`, at the time `now`. A rejected command leaves the state as it is; the events of an
    /// applied one are folded into it.
    ///
    /// The caller has validated the command (``Command/validate()``) and knows that `id` has no answer yet.
    public mutating func decide(
        _ command: Command, id: String, now: Timestamp, _ circumstances: Circumstances = Circumstances()
    ) -> Decision {
        do {
            return carryOut(try plan(command, id: id, now: now, circumstances), id: id, now: now, trace: command.trace)
        } catch {
            return Decision(outcome: .rejected(error), events: [], fault: nil)
        }
    }

    /// Decides the end of the time of a reservation that is open, as the movement `id` of `source`.
    public mutating func expire(_ reservation: Reservation, id: String, source: String, now: Timestamp) -> Decision {
        do {
            return carryOut(try plan(expiring: reservation, id: id, source: source), id: id, now: now)
        } catch {
            return Decision(outcome: .rejected(error), events: [], fault: FoldError(seq: seq + 1, message: error.message))
        }
    }

    private mutating func carryOut(_ plan: Plan, id: String, now: Timestamp, trace: TraceParent? = nil) -> Decision {
        var events: [Event] = []
        events.reserveCapacity(plan.bodies.count)
        for body in plan.bodies {
            let event = Event(seq: seq + 1, timestamp: now, body: body, trace: trace)
            do { try fold(event) } catch {
                return Decision(outcome: .rejected(Self.faultyPlan), events: [], fault: error)
            }
            events.append(event)
        }
        let receipt = plan.receipt(
            id: id, events: events, reservation: plan.reservation.flatMap { reservation($0) },
            in: self)
        return Decision(outcome: .applied(receipt), events: events, fault: nil)
    }

    private static let faultyPlan = Rejection(
        .internalError, "the server's plan for this does not fit its state, so nothing was applied: tell who runs it")

    private func plan(
        _ command: Command, id: String, now: Timestamp, _ circumstances: Circumstances
    ) throws(Rejection) -> Plan {
        switch command.action {
        case .move(let movement): try plan(movement, id: id, source: command.source, now: now, circumstances)
        case .reverse(let reversal): try plan(reversal, id: id, source: command.source, circumstances)
        case .createLocation(let location): try plan(creating: location)
        case .updateLocation(let code, let update): try plan(updating: code, with: update, id: id, source: command.source)
        case .removeLocation(let code): try plan(removing: code)
        case .createProduct(let product): try plan(creating: product)
        case .updateProduct(let product, let update): try plan(updating: product, with: update, id: id, source: command.source)
        case .removeProduct(let product): try plan(removing: product, id: id, source: command.source)
        case .addVariant(let product, let variant): try plan(adding: variant, to: product)
        case .updateVariant(let variant, let update): try plan(updating: variant, with: update, id: id, source: command.source)
        case .removeVariant(let variant): try plan(removing: variant, id: id, source: command.source)
        case .report(.device(let change)): Plan(bodies: [.deviceChanged(change)])
        case .report(.display(let change)): Plan(bodies: [.displayChanged(change)])
        case .report(.setAside(let message)): Plan(bodies: [.scanSetAside(message)])
        case .acknowledge(let reply): try plan(acknowledging: reply)
        case .reserve(let new): try plan(reserving: new, id: id, source: command.source, now: now)
        case .useReservation(let use): try plan(using: use, id: id, source: command.source, circumstances)
        case .openCount(let new): try plan(opening: new, id: id)
        case .useCount(let use): try plan(using: use, id: id, source: command.source, now: now, circumstances)
        case .endReservation(let reservation, let end): try plan(ending: reservation, end, now: now, circumstances)
        }
    }
}

/// What a decision depends on beside the command and the state.
public struct Circumstances: Sendable {
    /// The lines of a movement whose serial number was counted in the same direction before, with the event that counted it.
    public var repeatedSerials: [Int: UInt64]
    /// The reservations that the command names and that have ended, by id. Those that ended since
    /// ``InventoryState/forgetChanges()`` need not be among them.
    public var ended: [String: Reservation]
    /// A reservation whose time ends at this time or earlier is over.
    public var reservationsEnd: Timestamp
    /// By the index of a line that counts, by how much the units on hand have grown at its location since it was counted.
    public var changesSinceCount: [Int: Int64]
    /// By variant, the same for the lines of the count that the command closes or posts.
    public var changesOfCounted: [VariantID: Int64]
    /// The count that the command names, if it has ended. One that ended since ``InventoryState/forgetChanges()`` need not be here.
    public var endedCount: StockCount?
    /// What happened before this time, at a location that was counted since, is too late; and so is a count.
    public var oldestLate: Timestamp
    /// The applied command that the command reverses; `nil` if there is none.
    public var original: RecordedMovement?

    public init(
        repeatedSerials: [Int: UInt64] = [:], ended: [String: Reservation] = [:],
        reservationsEnd: Timestamp = Timestamp(milliseconds: .min), changesSinceCount: [Int: Int64] = [:],
        changesOfCounted: [VariantID: Int64] = [:], endedCount: StockCount? = nil,
        oldestLate: Timestamp = Timestamp(milliseconds: .min), original: RecordedMovement? = nil
    ) {
        self.changesOfCounted = changesOfCounted
        self.endedCount = endedCount
        self.changesSinceCount = changesSinceCount
        self.oldestLate = oldestLate
        self.original = original
        self.repeatedSerials = repeatedSerials
        self.ended = ended
        self.reservationsEnd = reservationsEnd
    }
}

/// The events that a command will cause, before they have their `seq`.
struct Plan {
    var bodies: [Event.Body] = []
    var product: ProductID?
    var variant: VariantID?
    /// The id of the reservation that is made, changed or ended.
    var reservation: String?
    /// The id of the count that is opened, changed or ended.
    var count: String?
    /// By index in ``bodies``, the events that repeat a serial number, with the event that counted it before.
    var repeatedSerials: [Int: UInt64] = [:]

    /// Returns the receipt. Its lines are the changes of stock among the events, and after them what was counted in open counts.
    func receipt(id: String, events: [Event], reservation: Reservation?, in state: InventoryState) -> Receipt {
        var lines: [Receipt.Line] = []
        lines.reserveCapacity(events.count)
        var counted: [(CountChanged, UInt64)] = []
        for (index, event) in events.enumerated() {
            if case .countChanged(let change) = event.body, !change.isAtOnce { counted.append((change, event.seq)) }
            guard case .inventoryUpdated(let update) = event.body, let change = update.stockChange else { continue }
            lines.append(
                Receipt.Line(
                    seq: event.seq, sku: update.sku, productID: update.productID, variantID: update.variantID,
                    operation: change.operation, quantity: change.quantity, location: change.location, stock: update.stock,
                    previousStock: update.previousStock, locationStock: change.locationStock, level: update.level,
                    version: update.version,
                    repeatedSerial: repeatedSerials[index]))
        }
        var changed: StockCount?
        var last = lines.last?.seq ?? events.last?.seq
        for (change, seq) in counted {
            last = seq
            lines += state.receiptLines(of: change, seq: seq)
            if change.id == count { changed = state.count(change.id)?.showing(change.lines) }
        }
        return Receipt(
            movementID: id, seq: last, lines: lines, product: product, variant: variant,
            reservation: reservation, count: changed)
    }
}
