/// What became of a command. The outcome is final, and on disk before anybody gets it.
///
/// What it contains is behind a reference, since each outcome is handed on several times.
public indirect enum Outcome: Equatable, Sendable {
    case applied(Receipt)
    case rejected(Rejection)

    /// What the command did; `nil` if the command was rejected.
    public var receipt: Receipt? { if case .applied(let receipt) = self { receipt } else { nil } }
    /// Why the command was rejected; `nil` if it was applied.
    public var rejection: Rejection? { if case .rejected(let rejection) = self { rejection } else { nil } }
}

/// What an applied command did.
public struct Receipt: Equatable, Sendable {
    /// The command's id, given or assigned.
    public let movementID: String
    /// Whether this is the first outcome of the command or the one of a repeat.
    public var status: Status
    /// The last event that the command's lines caused; `nil` if there was nothing to change. A reader that has read up to this
    /// event has seen the new stock.
    public let seq: UInt64?
    /// One entry for each line, two for a transfer.
    public let lines: [Line]
    /// The product and the variant that were created, changed or removed.
    public let product: ProductID?
    public let variant: VariantID?
    /// The reservation that was made, changed or ended, as it was after that; `nil` for a command about something else.
    public let reservation: Reservation?
    /// The count that was opened, changed or ended, as it was after that, with the lines that the command changed; `nil` for a command
    /// about something else.
    public let count: StockCount?

    public enum Status: String, Sendable, Codable {
        case applied, duplicate
    }

    public init(
        movementID: String, status: Status = .applied, seq: UInt64?, lines: [Line] = [], product: ProductID? = nil,
        variant: VariantID? = nil, reservation: Reservation? = nil, count: StockCount? = nil
    ) {
        self.movementID = movementID
        self.status = status
        self.seq = seq
        self.lines = lines
        self.product = product
        self.variant = variant
        self.reservation = reservation
        self.count = count
    }

    public struct Line: Equatable, Sendable {
        public let seq: UInt64
        public let sku: String
        public let productID: ProductID
        /// The variant's id, also of a default variant.
        public let variantID: VariantID
        public let operation: Operation
        /// Units that were moved or counted.
        public let quantity: Int64
        public let location: String
        public let stock: Int64
        public let previousStock: Int64
        public let locationStock: Int64
        public let level: StockLevel
        public let version: Int64
        /// The event that last counted the same serial number, if it did so in the same direction.
        public let repeatedSerial: UInt64?
        /// What an open count has of the item; `nil` for a line that changed the stock.
        public let report: Report?

        /// The line of an open count, after what was reported for it. The line's stock is not changed by that.
        ///
        /// The report is a reference to immutable values, so that the many lines without one need only one word for it.
        public final class Report: Equatable, Sendable {
            /// The id of the count.
            public let count: String
            /// The sum of what was counted so far.
            public let counted: Int64
            /// Whether the stock is shown to nobody who counts.
            public let isBlind: Bool

            public init(count: String, counted: Int64, isBlind: Bool) {
                self.count = count
                self.counted = counted
                self.isBlind = isBlind
            }

            public static func == (left: Report, right: Report) -> Bool {
                left.count == right.count && left.counted == right.counted && left.isBlind == right.isBlind
            }
        }

        /// Whether the line may be shown with the stock.
        public var showsStock: Bool { report?.isBlind != true }

        public init(
            seq: UInt64, sku: String, productID: ProductID, variantID: VariantID, operation: Operation, quantity: Int64,
            location: String, stock: Int64, previousStock: Int64, locationStock: Int64, level: StockLevel, version: Int64,
            repeatedSerial: UInt64? = nil, report: Report? = nil
        ) {
            self.seq = seq
            self.sku = sku
            self.productID = productID
            self.variantID = variantID
            self.operation = operation
            self.quantity = quantity
            self.location = location
            self.stock = stock
            self.previousStock = previousStock
            self.locationStock = locationStock
            self.level = level
            self.version = version
            self.repeatedSerial = repeatedSerial
            self.report = report
        }
    }
}

/// Why a command was rejected. Nothing of the command was applied.
public struct Rejection: Error, Equatable, Sendable {
    public let code: Code
    /// What is wrong and what to do, for people.
    public let message: String
    /// The part of the request that is wrong, such as `lines[2].quantity`.
    public var field: String?
    /// The units that were there: the available units for `insufficient_stock` and `stale_expectation`, the remaining ones for
    /// `in_stock`, those that can be promised to anybody for `reservation_expired` and `reservation_closed`.
    public var available: Int64?

    /// The stable names of rejections, as on the wire.
    public enum Code: String, Sendable, CaseIterable, Codable {
        // About the request itself: a repeat is decided again.
        case invalidRequest = "invalid_request"
        case idempotencyConflict = "idempotency_conflict"
        case tooLate = "too_late"
        /// What the command changes is more than one commit holds.
        case tooLarge = "too_large"
        // About catalogue and stock: the rejection is stored as the answer to the command's key.
        case unknownProduct = "unknown_product"
        case unknownVariant = "unknown_variant"
        case unknownLocation = "unknown_location"
        case unknownAlert = "unknown_alert"
        case unknownReservation = "unknown_reservation"
        case unknownCount = "unknown_count"
        case countOpen = "count_open"
        case countClosed = "count_closed"
        case outOfScope = "out_of_scope"
        case unknownMovement = "unknown_movement"
        case alreadyReversed = "already_reversed"
        case notReversible = "not_reversible"
        case nothingToUndo = "nothing_to_undo"
        case reservationExpired = "reservation_expired"
        case reservationClosed = "reservation_closed"
        case insufficientStock = "insufficient_stock"
        case staleExpectation = "stale_expectation"
        case inStock = "in_stock"
        case skuTaken = "sku_taken"
        case barcodeTaken = "barcode_taken"
        case idTaken = "id_taken"
        case locationTaken = "location_taken"
        case outOfRange = "out_of_range"
        /// A fault of the server, found before anything was applied. A repeat gets this rejection again.
        case internalError = "internal_error"
        // About the server: the same command may succeed later.
        case overloaded
        case unavailable
        /// Nobody can say now whether the command was applied. A repeat with the same id gets the answer, or is decided.
        case unknown
    }

    public init(_ code: Code, _ message: String, field: String? = nil, available: Int64? = nil) {
        self.code = code
        self.message = message
        self.field = field
        self.available = available
    }
}

extension Rejection.Code {
    /// Whether the same command, with the same id, is to be handed in again: the server could not take it, or nobody can say now
    /// whether it did. Only of ``unknown`` may something have been applied.
    public var isPassing: Bool {
        switch self {
        case .overloaded, .unavailable, .unknown: true
        default: false
        }
    }

    /// Whether this rejection is stored as the answer to the command's id.
    public var isFinal: Bool {
        switch self {
        case .invalidRequest, .idempotencyConflict, .tooLate, .tooLarge: false
        default: !isPassing
        }
    }
}
