/// The limits of the domain, each with its reason. Everything that comes in is checked against them before it is decided.
public enum Limits {
    /// 2^53 − 1, the largest integer that every JSON reader represents exactly (RFC 8259, section 6).
    public static let largestBalance: Int64 = 9_007_199_254_740_991
    /// The most units that one line moves. It is far more than any pallet holds, and far below what could overflow a sum.
    public static let largestQuantity: Int64 = 1_000_000_000
    /// The most lines in one movement. They are decided together while every other movement waits.
    public static let linesPerMovement = 1_000
    /// The most characters in a SKU.
    public static let skuLength = 64
    /// The most characters in a barcode. GS1 element strings have at most 48 data characters; Digital Links are longer.
    public static let barcodeLength = 256
    /// The most barcodes of one variant.
    public static let barcodesPerVariant = 64
    /// The most units that one scan of a barcode may stand for.
    public static let largestPack: Int64 = 1_000_000
    /// The most characters in a location code.
    public static let locationCodeLength = 32
    /// The most locations in one journal.
    public static let locations = 10_000
    /// The most thresholds of single locations that one variant has. All are in the event of a created variant.
    public static let thresholdsPerVariant = 1_000
    /// The largest priority of a location. It leaves room to put a location between any two others.
    public static let largestPriority: Int64 = 1_000_000
    /// The most variants whose stock or thresholds one change of a location may change. Each gives an event, and all are decided
    /// together while every other command waits.
    public static let variantsPerLocationUpdate = 10_000
    /// The most characters in the name of a product, a variant or a location.
    public static let nameLength = 200
    /// The most variants of one product. A change of status or price gives one event or one new version for each.
    public static let variantsPerProduct = 2_000
    /// The most characters in a reason.
    public static let reasonLength = 200
    /// The most characters in a movement's reference (an order number, a delivery note).
    public static let referenceLength = 200
    /// The most characters in a batch or a serial number. GS1 allows 20, other systems more.
    public static let traceLength = 64
    /// The most lines in one reservation, and the most pairs of a variant and a location that it holds. Each gives an event, and all
    /// are in every later event of the reservation.
    public static let linesPerReservation = 1_000
    /// The most open reservations in one journal. All of them are in memory.
    public static let reservations = 1_000_000
    /// The shortest and the longest time for which units are held, counted from the command that says how long.
    public static let reservationTime: ClosedRange<Duration> = .seconds(1) ... .seconds(30 * 86_400)
    /// The most lines in one count, and the most SKUs in its scope. Each gives an event when the count is posted, and all are decided
    /// together while every other command waits.
    public static let linesPerCount = 1_000
    /// The most counts of one journal that have not ended. All of them are in memory.
    public static let counts = 1_000
    /// The most counts that have ended and can still be read. An ended count takes up to 200 KB on disk.
    public static let endedCounts = 10_000
    /// How many events are read to know what moved since something was counted, and for all lines of a count together. More would hold
    /// up every other command for too long.
    public static let eventsPerCount = 100_000
    /// How many events are read to know what was so at a moment in the past. More would occupy a reader's connection for seconds.
    public static let eventsPerPast = 500_000
    /// The longest time for which a device's last scan can be taken back by `TW:UNDO`.
    public static let longestUndo = Duration.seconds(86_400)
    /// How many events are searched for a device's last scan. More would hold up every other command for too long.
    public static let eventsPerUndo = 100_000
    /// The most characters in a movement id, all of them printable ASCII.
    public static let movementIDLength = 128
    /// The most characters in the name of a source.
    public static let sourceLength = 200
    /// The most characters in the name of a device.
    public static let deviceLength = 64
    /// The most characters of a text from outside that a message quotes.
    public static let excerptLength = 80
    /// The largest price in hundredths: 99,999,999,999.99, which a double still distinguishes from its neighbours.
    public static let largestPrice: Int64 = 9_999_999_999_999
}
