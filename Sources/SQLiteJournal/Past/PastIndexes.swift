/// Indexes of the few events that change more than units. An event of stock is in none of them, so writing it costs what it did.
///
/// SQLite uses such an index only for a query that repeats its condition, so the condition stands here once.
enum PastIndexes {
    /// Changes of the catalogue, of a status and of a price.
    static let isOfItem = "(type IN (3, 4) OR type = 1 AND location IS NULL)"
    /// Removals of variants, and new SKUs.
    static let givesUpSKU = "type = 4 AND variant IS NOT NULL AND (\(isRemoval) OR \(isRenaming))"

    static let isCreation = holds(#""data":{"change":"created""#)
    static let isRemoval = holds(#""data":{"change":"removed""#)
    static let isRenaming = holds(#""previousSku":"#)

    static let items = "events_of_items"
    static let skus = "events_of_skus"

    static let creation = """
        CREATE INDEX \(items) ON events (variant, type, product, seq) WHERE \(isOfItem);
        CREATE INDEX \(skus) ON events (seq) WHERE \(givesUpSKU);
        """

    /// The condition that an event's JSON has these bytes, which cannot be in a text: there each quote has a backslash before it.
    static func holds(_ text: String) -> String {
        "instr(json, CAST('\(text)' AS BLOB)) > 0"
    }
}
