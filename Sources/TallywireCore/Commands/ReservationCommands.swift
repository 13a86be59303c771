/// Units to hold.
public struct NewReservation: Equatable, Sendable, Codable {
    /// What the units are held for.
    public var reference: String?
    public var end: End
    /// Whether fewer units than asked for are held if there are not enough, but at least one.
    public var isPartial: Bool
    public var lines: [Line]

    /// When the time is over.
    public enum End: Equatable, Sendable, Codable {
        /// So long after the reservation is made.
        case after(Duration)
        case at(Timestamp)
    }

    /// The time for which units are held if nobody says how long.
    public static let defaultEnd = End.after(.seconds(15 * 60))

    public init(reference: String? = nil, end: End = defaultEnd, isPartial: Bool = false, lines: [Line]) {
        self.reference = reference
        self.end = end
        self.isPartial = isPartial
        self.lines = lines
    }

    /// Units of one variant. Several locations may hold a part each.
    public struct Line: Equatable, Sendable, Codable {
        public var item: ItemReference
        /// Units, or scans of a barcode; at least 1.
        public var quantity: Int64
        /// The locations that may hold the units, in this order; `nil` for all that sell: those with the lowest priority first, then
        /// those with most stock, then in the order of their codes.
        public var locations: [String]?

        public init(item: ItemReference, quantity: Int64, locations: [String]? = nil) {
            self.item = item
            self.quantity = quantity
            self.locations = locations
        }
    }
}

/// What becomes of the units that a reservation holds.
public struct ReservationUse: Equatable, Sendable, Codable {
    /// The reservation's id.
    public var reservation: String
    public var kind: Kind
    public var reason: String?
    /// Which units; `nil` for all that are held.
    public var lines: [Line]?

    public enum Kind: Equatable, Sendable, Codable {
        /// The units leave their location. What is held beside them is released, unless `keepsRest`.
        case capture(keepsRest: Bool)
        /// The units can be promised to others again.
        case release
    }

    public init(reservation: String, kind: Kind, reason: String? = nil, lines: [Line]? = nil) {
        self.reservation = reservation
        self.kind = kind
        self.reason = reason
        self.lines = lines
    }

    /// Held units of one variant.
    public struct Line: Equatable, Sendable, Codable {
        public var item: ItemReference
        /// Units, or scans of a barcode; at least 1.
        public var quantity: Int64
        /// The location; `nil` for wherever the reservation holds such units, in the order of its holds.
        public var location: String?

        public init(item: ItemReference, quantity: Int64, location: String? = nil) {
            self.item = item
            self.quantity = quantity
            self.location = location
        }
    }
}
