import Mosquitto
import TallywireCore
import TallywireEngine

/// A topic with placeholders for values, such as `displays/{location}/{sku}`.
struct TopicTemplate: Equatable, Sendable {
    /// The placeholders.
    enum Place: String, CaseIterable, Sendable {
        case event, epoch, product, variant, sku, location
    }

    typealias Piece = Template<Place>.Piece

    let pieces: [Piece]
    let text: String

    init(_ text: String) throws(TemplateMistake) {
        pieces = try Template.pieces(of: text, "topic", escapes: false) { name throws(TemplateMistake) in
            guard let place = Place(rawValue: String(name)) else {
                let names = Place.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
                throw TemplateMistake("the topic cannot have {\(name)}; these can stand there: \(names)")
            }
            return place
        }
        self.text = text
        let fixed = pieces.map { if case .text(let text) = $0 { text } else { "x" } }.joined()
        if let problem = Topic.problem(fixed) { throw TemplateMistake(problem) }
    }

    /// A filter for all topics of the template, whatever the values are.
    var anyFilter: String {
        text.split(separator: "/", omittingEmptySubsequences: false).map { $0.contains("{") ? "+" : String($0) }.joined(
            separator: "/")
    }

    func has(_ place: Place) -> Bool { pieces.contains(.place(place)) }

    /// The topic with these values, and with `word` for missing ones.
    func topic(_ values: TopicValues, orElse word: String) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .place(let place): values[place] ?? word
            }
        }.joined()
    }

    /// The topic with these values; `nil` if a value that the template needs is missing. No value can add a level: neither SKUs nor
    /// location codes may contain `/`, `+` or `#`.
    func topic(_ values: TopicValues) -> String? {
        var topic = ""
        for piece in pieces {
            switch piece {
            case .text(let text): topic += text
            case .place(let place):
                guard let value = values[place] else { return nil }
                topic += value
            }
        }
        return topic
    }
}

/// The values of a topic's placeholders.
struct TopicValues: Sendable {
    var event: EventType?
    var epoch: String
    var product: ProductID?
    var variant: VariantID?
    var sku: String?
    var location: String?

    subscript(place: TopicTemplate.Place) -> String? {
        switch place {
        case .event: event?.rawValue
        case .epoch: epoch
        case .product: product?.description
        case .variant: variant?.description
        case .sku: sku
        case .location: location
        }
    }
}

extension TopicValues {
    /// The values of an event.
    init(_ record: EventEnvelope, epoch: String) {
        let subject = record.subject
        self.init(
            event: record.type, epoch: epoch, product: subject.product, variant: subject.variant, sku: subject.sku,
            location: subject.location)
    }

    /// The values of a variant's display at `location`.
    init(_ variant: Variant, at location: String, epoch: String) {
        self.init(epoch: epoch, product: variant.productID, variant: variant.id, sku: variant.sku, location: location)
    }
}
