/// A count that people take of the items at a location, for as long as they need, while everything else goes on.
///
/// What is counted moves no stock until the count is posted.
public struct StockCount: Equatable, Sendable {
    public let terms: Terms
    public var status: Status
    /// Who gave the count its status, and when.
    public var by: String
    public var at: Timestamp
    /// What was counted, in the order of the variants' ids; one entry for each variant.
    public var lines: [Line]

    public var id: String { terms.id }
    public var number: UInt64 { terms.number }
    public var location: String { terms.location }

    public enum Status: String, Sendable, CaseIterable, Codable {
        /// People count. A location has one open count at most.
        case open
        /// Nobody counts any more, and an admin has to post the count. Single lines can be counted again.
        case closed
        /// What was counted is on hand.
        case posted
        /// The count has changed nothing, and never will.
        case void

        public var hasEnded: Bool { self == .posted || self == .void }
    }

    public init(terms: Terms, status: Status = .open, by: String, at: Timestamp, lines: [Line] = []) {
        self.terms = terms
        self.status = status
        self.by = by
        self.at = at
        self.lines = lines
    }

    /// What a count is about. It never changes.
    ///
    /// The terms are a reference to immutable values, so that a receipt, which almost never has a count, needs few words for one.
    public final class Terms: Equatable, Sendable {
        /// 1 ... ``Limits/movementIDLength`` printable ASCII characters, the id of the command that opened the count.
        public let id: String
        /// The `seq` of the event that opened the count. Of two counts the one with the larger number is the younger.
        public let number: UInt64
        public let location: String
        public let scope: Scope
        /// Whether nobody is shown what is expected while the count is open.
        public let isBlind: Bool
        /// A closed count is posted at once if no line differs by more units from what is expected.
        public let tolerance: Int64
        public let missing: Missing
        public let openedBy: String
        public let openedAt: Timestamp

        public init(
            id: String, number: UInt64, location: String, scope: Scope = .everything, isBlind: Bool = false, tolerance: Int64 = 0,
            missing: Missing = .keep, openedBy: String, openedAt: Timestamp
        ) {
            self.id = id
            self.number = number
            self.location = location
            self.scope = scope
            self.isBlind = isBlind
            self.tolerance = tolerance
            self.missing = missing
            self.openedBy = openedBy
            self.openedAt = openedAt
        }

        public static func == (left: Terms, right: Terms) -> Bool {
            left === right
                || (left.id == right.id && left.number == right.number && left.location == right.location
                    && left.scope == right.scope && left.isBlind == right.isBlind && left.tolerance == right.tolerance
                    && left.missing == right.missing && left.openedBy == right.openedBy && left.openedAt == right.openedAt)
        }
    }

    /// Which items are counted.
    public enum Scope: Equatable, Sendable, Codable {
        case everything
        /// The items with these SKUs.
        case skus([String])
        /// The items whose SKU begins with this.
        case prefix(String)

        public var skus: [String]? { if case .skus(let skus) = self { skus } else { nil } }
        public var prefix: String? { if case .prefix(let prefix) = self { prefix } else { nil } }

        public init(skus: [String]?, prefix: String?) {
            self = skus.map { .skus($0) } ?? prefix.map { .prefix($0) } ?? .everything
        }

        func contains(_ sku: String) -> Bool {
            switch self {
            case .everything: true
            case .skus(let skus): skus.contains(sku)
            case .prefix(let prefix): sku.utf8.starts(with: prefix.utf8)
            }
        }
    }

    /// What becomes of items of the scope that are on hand and that nobody has counted.
    public enum Missing: String, Sendable, CaseIterable, Codable {
        /// They stay as they are.
        case keep
        /// They count as counted with 0 when the count is closed.
        case zero
    }

    /// What was counted of one variant.
    public struct Line: Equatable, Sendable {
        public let product: ProductID
        public let variant: VariantID
        public let isDefaultVariant: Bool
        /// The variant's SKU when the line last changed.
        public var sku: String
        /// The sum of what was counted.
        public var counted: Int64
        /// When the last part of it was counted.
        public var countedAt: Timestamp
        /// How many reports add up to ``counted``.
        public var parts: Int64
        /// The event from which on reports add up: the line's first one, or the last one that replaced what was counted before.
        public var since: UInt64
        /// The units that were on hand at ``countedAt``; `nil` in a count that was not posted.
        public var expected: Int64?
        /// Whether the line was counted before a count that was posted, so that it says nothing new.
        public var isAbsorbed: Bool

        /// The units that were there and not known, less than 0 for units that were missing.
        public var variance: Int64? { expected.map { counted - $0 } }

        public init(
            product: ProductID, variant: VariantID, isDefaultVariant: Bool, sku: String, counted: Int64, countedAt: Timestamp,
            parts: Int64 = 1, since: UInt64, expected: Int64? = nil, isAbsorbed: Bool = false
        ) {
            self.product = product
            self.variant = variant
            self.isDefaultVariant = isDefaultVariant
            self.sku = sku
            self.counted = counted
            self.countedAt = countedAt
            self.parts = parts
            self.since = since
            self.expected = expected
            self.isAbsorbed = isAbsorbed
        }
    }

    // MARK: Lines

    /// The index of a variant's line, or where it would be.
    func index(of variant: VariantID) -> Int {
        var (low, high) = (0, lines.count)
        while low < high {
            let middle = (low + high) / 2
            if lines[middle].variant < variant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    public func line(of variant: VariantID) -> Line? {
        let index = index(of: variant)
        return index < lines.count && lines[index].variant == variant ? lines[index] : nil
    }

    /// Replaces a variant's line, adds it, or removes it.
    mutating func set(_ line: Line?, of variant: VariantID) {
        let index = index(of: variant)
        let isKnown = index < lines.count && lines[index].variant == variant
        switch (line, isKnown) {
        case (let line?, true): lines[index] = line
        case (let line?, false): lines.insert(line, at: index)
        case (nil, true): lines.remove(at: index)
        case (nil, false): break
        }
    }

    /// Whether the item belongs to the count: by the SKU that it has now, or because it was counted before it got that SKU.
    func covers(_ variant: Variant) -> Bool { terms.scope.contains(variant.sku) || line(of: variant.id) != nil }

    /// Whether what is expected may be shown.
    public var showsExpected: Bool { !terms.isBlind || status != .open }
}

extension StockCount {
    /// Writes the format in which answers and journals keep a count.
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", id)
            json.member("number", number)
            json.member("location", location)
            if let skus = terms.scope.skus { json.array("skus") { json in skus.forEach { json.string($0) } } }
            json.member("prefix", terms.scope.prefix)
            if terms.isBlind { json.member("blind", true) }
            json.member("tolerance", terms.tolerance)
            json.member("missing", terms.missing.rawValue)
            json.member("openedBy", terms.openedBy)
            json.member("openedAt", terms.openedAt)
            json.member("status", status.rawValue)
            json.member("by", by)
            json.member("at", at)
            json.array("lines") { json in
                for line in lines { line.write(to: &json) }
            }
        }
    }
}

extension StockCount.Line {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("product", product.rawValue)
            json.member("variant", variant.rawValue)
            if isDefaultVariant { json.member("default", true) }
            json.member("sku", sku)
            json.member("counted", counted)
            json.member("countedAt", countedAt)
            json.member("parts", parts)
            json.member("since", since)
            json.member("expected", expected)
            if isAbsorbed { json.member("absorbed", true) }
        }
    }
}

extension StockCount: Decodable {
    private enum Key: String, CodingKey {
        case id, number, location, skus, prefix, blind, tolerance, missing, openedBy, openedAt, status, by, at, lines
    }

    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        let terms = Terms(
            id: try data.decode(String.self, forKey: .id), number: try data.decode(UInt64.self, forKey: .number),
            location: try data.decode(String.self, forKey: .location),
            scope: Scope(
                skus: try data.decodeIfPresent([String].self, forKey: .skus),
                prefix: try data.decodeIfPresent(String.self, forKey: .prefix)),
            isBlind: try data.decodeIfPresent(Bool.self, forKey: .blind) ?? false,
            tolerance: try data.decode(Int64.self, forKey: .tolerance), missing: try data.decode(Missing.self, forKey: .missing),
            openedBy: try data.decode(String.self, forKey: .openedBy),
            openedAt: try data.decode(Timestamp.self, forKey: .openedAt))
        self.init(
            terms: terms, status: try data.decode(Status.self, forKey: .status), by: try data.decode(String.self, forKey: .by),
            at: try data.decode(Timestamp.self, forKey: .at), lines: try data.decode([Line].self, forKey: .lines))
    }
}

extension StockCount.Line: Decodable {
    private enum Key: String, CodingKey {
        case product, variant, sku, counted, countedAt, parts, since, expected, absorbed
        case isDefaultVariant = "default"
    }

    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        self.init(
            product: ProductID(try data.decode(Int64.self, forKey: .product)),
            variant: VariantID(try data.decode(Int64.self, forKey: .variant)),
            isDefaultVariant: try data.decodeIfPresent(Bool.self, forKey: .isDefaultVariant) ?? false,
            sku: try data.decode(String.self, forKey: .sku), counted: try data.decode(Int64.self, forKey: .counted),
            countedAt: try data.decode(Timestamp.self, forKey: .countedAt), parts: try data.decode(Int64.self, forKey: .parts),
            since: try data.decode(UInt64.self, forKey: .since), expected: try data.decodeIfPresent(Int64.self, forKey: .expected),
            isAbsorbed: try data.decodeIfPresent(Bool.self, forKey: .absorbed) ?? false)
    }
}
