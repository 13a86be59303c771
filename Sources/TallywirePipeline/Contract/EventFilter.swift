import TallywireCore
import TallywireEngine

/// Which events a sink wants: an entry's `events` and `where` in plugins.json.
///
/// Each condition applies only to events that have the value in question. An event without a location, such as a change of price,
/// passes a condition on locations: a sink that shows the stock of one location needs the price too.
public struct EventFilter: Sendable {
    /// The wanted types; `nil` wants all.
    public var types: Set<EventType>?
    /// Patterns for locations and for SKUs, in which `*` stands for any characters. An empty list wants all.
    public var locations: [WildcardPattern]
    public var skus: [WildcardPattern]
    /// The wanted levels; empty wants all.
    public var levels: Set<StockLevel>

    public init(
        types: Set<EventType>? = nil, locations: [WildcardPattern] = [], skus: [WildcardPattern] = [], levels: Set<StockLevel> = []
    ) {
        self.types = types
        self.locations = locations
        self.skus = skus
        self.levels = levels
    }

    /// Whether no event is left out.
    public var wantsAll: Bool { types == nil && locations.isEmpty && skus.isEmpty && levels.isEmpty }

    /// Whether the state of `sku` at `location` is wanted, whichever event led to it.
    public func wants(sku: String, at location: String) -> Bool {
        (locations.isEmpty || locations.contains { $0.matches(location) }) && (skus.isEmpty || skus.contains { $0.matches(sku) })
    }

    public func wants(_ event: EventEnvelope) -> Bool {
        if let types, !types.contains(event.type) { return false }
        if !locations.isEmpty, let location = event.subject.location, !locations.contains(where: { $0.matches(location) }) {
            return false
        }
        if !skus.isEmpty, let sku = event.subject.sku, !skus.contains(where: { $0.matches(sku) }) { return false }
        if !levels.isEmpty, let level = event.subject.level, !levels.contains(level) { return false }
        return true
    }
}

/// A text in which `*` stands for any number of characters, also none.
public struct WildcardPattern: Hashable, Sendable, ExpressibleByStringLiteral {
    public let text: String
    private let parts: [[UInt8]]

    public init(_ text: String) {
        self.text = text
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    public init(stringLiteral text: String) { self.init(text) }

    /// Whether the whole of `candidate` matches. In the worst case the time grows with the product of the two lengths.
    public func matches(_ candidate: String) -> Bool {
        var rest = Array(candidate.utf8)[...]
        guard let first = parts.first, let last = parts.last, rest.starts(with: first) else { return false }
        guard parts.count > 1 else { return rest.count == first.count }
        rest = rest.dropFirst(first.count)
        guard rest.count >= last.count, rest.suffix(last.count).elementsEqual(last) else { return false }
        rest = rest.dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let start = rest.indices.first(where: { rest[$0...].starts(with: part) }) else { return false }
            rest = rest[(start + part.count)...]
        }
        return true
    }
}
