import GRDB
import TallywireCore
import TallywireEngine

/// The few events that change more than units, in a table of their own: changes of the catalogue, of a status and of a price.
///
/// An index of the events themselves would be opened with each event of stock too, although none of those is in it.
enum ItemEvents {
    /// What a change of the catalogue does to the item or location that it is about.
    enum Kind: Int64 {
        case other
        case creation
        case removal
        /// The variant gets another SKU.
        case renaming
    }

    static let creation = """
        CREATE TABLE item_events (
            seq INTEGER PRIMARY KEY, variant INTEGER, type INTEGER NOT NULL, product INTEGER, kind INTEGER NOT NULL);
        CREATE INDEX item_events_by_variant ON item_events (variant, type, product, seq);
        CREATE INDEX item_events_by_kind ON item_events (kind, seq);
        """

    /// The condition that an event of the type `catalogueChanged` creates something.
    static let isCreation = holds(#""data":{"change":"created""#)

    /// Notes those of the events from `first` on that belong here.
    static func note(from first: UInt64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO item_events (seq, variant, type, product, kind)
                SELECT seq, variant, type, product,
                    CASE WHEN type <> 4 THEN \(Kind.other.rawValue)
                        WHEN \(isCreation) THEN \(Kind.creation.rawValue)
                        WHEN \(holds(#""data":{"change":"removed""#)) THEN \(Kind.removal.rawValue)
                        WHEN \(holds(#""previousSku":"#)) THEN \(Kind.renaming.rawValue) ELSE \(Kind.other.rawValue) END
                FROM events WHERE seq >= ? AND (type IN (3, 4) OR type = 1 AND location IS NULL)
                """, arguments: [Int64(first)])
    }

    /// Whether an event belongs here.
    static func includes(_ event: EventEnvelope) -> Bool {
        switch event.type {
        case .inventoryUpdated: event.location == nil
        case .productStatusChanged, .catalogueChanged: true
        default: false
        }
    }

    /// Forgets the events up to `last`.
    static func prune(through last: UInt64, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM item_events WHERE seq <= ?", arguments: [Int64(last)])
    }

    /// The condition that an event's JSON has these bytes, which cannot be in a text: there each quote has a backslash before it.
    static func holds(_ text: String) -> String {
        "instr(json, CAST('\(text)' AS BLOB)) > 0"
    }
}
