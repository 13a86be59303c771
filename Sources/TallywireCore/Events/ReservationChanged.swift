/// A reservation was made, changed, or ended.
public struct ReservationChanged: Equatable, Sendable {
    public let id: String
    public let status: Reservation.Status
    public let reference: String?
    public let expiresAt: Timestamp
    /// All of the reservation's holds, as they are after the event. In an event that was read from its JSON, the variant of a
    /// default variant's hold is 0.
    public let holds: [Reservation.Hold]

    public init(
        id: String, status: Reservation.Status, reference: String?, expiresAt: Timestamp, holds: [Reservation.Hold]
    ) {
        self.id = id
        self.status = status
        self.reference = reference
        self.expiresAt = expiresAt
        self.holds = holds
    }

    init(_ reservation: Reservation) {
        self.init(
            id: reservation.id, status: reservation.status, reference: reservation.reference, expiresAt: reservation.expiresAt,
            holds: reservation.holds)
    }
}

extension ReservationChanged: EventBody {
    private typealias Member = EventSchema.Member

    public static let schema = EventSchema(
        "ReservationChanged", [.reservationChanged], "A reservation was made, changed or ended.",
        [
            Member("reservationId", .movement), Member("status", .words(Reservation.Status.allCases.map(\.rawValue))),
            .optional("reference", .text(0...Limits.referenceLength)), Member("expiresAt", .timestamp),
            Member(
                "lines",
                .list([
                    Member("sku", .sku), Member("variantId", .variant), Member("productId", .id), Member("location", .location),
                    Member("quantity", .count), Member("captured", .count), Member("released", .count), Member("short", .count),
                ])),
        ])

    public static var example: ReservationChanged {
        ReservationChanged(
            id: "basket-7", status: .held, reference: "order 1042", expiresAt: Timestamp(milliseconds: 1_795_366_500_123),
            holds: [
                Reservation.Hold(
                    product: ProductID(1), variant: VariantID(11), isDefaultVariant: false, sku: "TEE-RED-M", location: "WH1",
                    quantity: 2)
            ])
    }

    public var type: EventType { .reservationChanged }

    public var eventSubject: Event.Subject { Event.Subject(reservation: id) }

    public var wording: [Event.Words] {
        let units = holds.map { "\($0.quantity) \($0.sku) at \($0.location)" }.joined(separator: ", ")
        let short = holds.reduce(0) { $0 + $1.short }
        return [
            .text("reservation \(id)  \(status.rawValue): \(units)" + (short > 0 ? ", \(short) of them not on hand" : ""))
        ]
    }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("reservationId", id)
        json.member("status", status.rawValue)
        json.member("reference", reference)
        json.member("expiresAt", expiresAt)
        json.array("lines") { json in
            for hold in holds {
                json.object { json in
                    json.member("sku", hold.sku)
                    json.writeVariant(hold.variant, isDefault: hold.isDefaultVariant)
                    json.member("productId", hold.product.rawValue)
                    json.member("location", hold.location)
                    json.member("quantity", hold.quantity)
                    json.member("captured", hold.captured)
                    json.member("released", hold.released)
                    json.member("short", hold.short)
                }
            }
        }
    }

    public init(_ data: EventData) throws {
        let lines: [Line] = try data("lines")
        self.init(
            id: try data("reservationId"), status: try data("status"), reference: try data.optional("reference"),
            expiresAt: try data("expiresAt"), holds: lines.map(\.hold))
    }

    private struct Line: Decodable {
        let sku: String
        let variantId: Int64?
        let productId: Int64
        let location: String
        let quantity: Int64
        let captured: Int64
        let released: Int64
        let short: Int64

        var hold: Reservation.Hold {
            Reservation.Hold(
                product: ProductID(productId), variant: VariantID(variantId ?? 0), isDefaultVariant: variantId == nil, sku: sku,
                location: location, quantity: quantity, captured: captured, released: released, short: short)
        }
    }
}
