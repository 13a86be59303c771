import MQTTConnection
import TallywireCore
import TallywirePipeline

extension EventTopic {
    /// The values that give `topic`. There are several sets if two placeholders share a level, and none if the template cannot give
    /// the topic.
    func values(in topic: String, epoch: String) -> [EventValues] {
        var found: [EventValues] = []
        read(template.pieces[...], topic[...].utf8, EventValues(epoch: epoch), &found)
        return found.filter { self.topic($0)?.utf8.elementsEqual(topic.utf8) == true }
    }

    /// The most sets of values of one topic. That is enough to see that the topic is ambiguous.
    private static let readingLimit = 16

    private func read(
        _ pieces: ArraySlice<TemplatePiece<EventPlace>>, _ text: Substring.UTF8View, _ values: EventValues,
        _ found: inout [EventValues]
    ) {
        guard found.count < Self.readingLimit else { return }
        guard let piece = pieces.first else {
            if text.isEmpty { found.append(values) }
            return
        }
        switch piece {
        case .text(let prefix):
            guard text.starts(with: prefix.utf8) else { return }
            read(pieces.dropFirst(), text.dropFirst(prefix.utf8.count), values, &found)
        case .place(let place):
            let level = text.prefix { $0 != UInt8(ascii: "/") }
            guard !level.isEmpty else { return }
            // A placeholder at the end of its level takes the rest of that level.
            let endsLevel =
                switch pieces.dropFirst().first {
                case nil: true
                case .text(let next): next.hasPrefix("/")
                case .place: false
                }
            let ends = endsLevel ? [level.endIndex] : level.indices.dropFirst() + [level.endIndex]
            for end in ends {
                guard let values = values.setting(place, to: String(decoding: level[..<end], as: UTF8.self)) else { continue }
                read(pieces.dropFirst(), text[end...], values, &found)
            }
        }
    }
}

extension EventValues {
    /// The same values and one more; `nil` if the placeholder cannot have this value.
    fileprivate func setting(_ place: EventPlace, to text: String) -> EventValues? {
        if let there = self[place] { return there == text ? self : nil }
        var values = self
        switch place {
        case .event: values.event = EventType(rawValue: text)
        case .epoch: return nil
        case .product: values.product = Int64(text).map { ProductID($0) }
        case .variant: values.variant = Int64(text).map { VariantID($0) }
        case .sku: values.sku = text
        case .location: values.location = text
        }
        return values[place] == text ? values : nil
    }
}
