import TallywireCore

/// The API's JSON for reservations. The lines of one item are one line, with a part for each location.
extension Reservation {
    func writeAnswer(to json: inout JSONWriter) { json.object { write(to: &$0, stocks: [:]) } }

    /// `stocks` are the stocks of variants after the change that is answered.
    fileprivate func write(to json: inout JSONWriter, stocks: [VariantID: Int64], _ more: (inout JSONWriter) -> Void = { _ in }) {
        json.member("reservationId", id)
        json.member("status", status.rawValue)
        more(&json)
        json.key("reference")
        if let reference { json.string(reference) } else { json.null() }
        json.member("createdAt", createdAt)
        json.member("expiresAt", expiresAt)
        json.array("lines") { json in
            for (variant, parts) in lines {
                json.object { json in
                    json.member("sku", parts[0].sku)
                    json.member("variantId", variant.rawValue)
                    json.member("productId", parts[0].product.rawValue)
                    json.writeUnits(of: parts)
                    json.array("allocations") { json in
                        for part in parts {
                            json.object { json in
                                json.member("location", part.location)
                                json.writeUnits(of: [part])
                            }
                        }
                    }
                    json.member("stock", stocks[variant])
                }
            }
        }
    }

    /// The holds by variant, in the order in which the variants come first.
    private var lines: [(variant: VariantID, parts: [Hold])] {
        var lines: [(variant: VariantID, parts: [Hold])] = []
        var positions: [VariantID: Int] = [:]
        for hold in holds {
            if let position = positions[hold.variant] {
                lines[position].parts.append(hold)
            } else {
                positions[hold.variant] = lines.count
                lines.append((hold.variant, [hold]))
            }
        }
        return lines
    }
}

extension Receipt {
    /// Writes the reservation as it is after a change, with the id of the change and the stocks that it left.
    func writeReservation(to json: inout JSONWriter) {
        guard let reservation else { return write(to: &json) }
        let stocks = Dictionary(lines.map { ($0.variantID, $0.stock) }) { $1 }
        json.object { json in
            reservation.write(to: &json, stocks: stocks) { json in
                json.key("seq")
                if let seq { json.integer(seq) } else { json.null() }
                json.member("movementId", movementID)
                if status == .duplicate { json.member("duplicate", true) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func writeUnits(of holds: [Reservation.Hold]) {
        member("quantity", holds.reduce(0) { $0 + $1.quantity } as Int64)
        member("captured", holds.reduce(0) { $0 + $1.captured } as Int64)
        member("released", holds.reduce(0) { $0 + $1.released } as Int64)
        member("short", holds.reduce(0) { $0 + $1.short } as Int64)
    }
}
