import TallywireCore

extension TopicTemplate {
    /// Filters that match every topic that the template can give, and as few others as filters allow. With `locations`, only topics
    /// of these locations, if the location is a level of its own.
    func filters(epoch: String, locations: [String]? = nil) -> [String] {
        var levels: [[Piece]] = [[]]
        for piece in pieces {
            guard case .text(let text) = piece else {
                levels[levels.count - 1].append(piece)
                continue
            }
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            for (index, part) in parts.enumerated() {
                if index > 0 { levels.append([]) }
                if !part.isEmpty { levels[levels.count - 1].append(.text(String(part))) }
            }
        }
        func filter(_ location: String?) -> String {
            levels.map { level in
                switch level {
                case [.place(.epoch)]: epoch
                case [.place(.location)]: location ?? "+"
                default:
                    level.contains { if case .place = $0 { true } else { false } }
                        ? "+" : level.map { if case .text(let text) = $0 { text } else { "" } }.joined()
                }
            }.joined(separator: "/")
        }
        guard let locations, levels.contains([.place(.location)]) else { return [filter(nil)] }
        return locations.map { filter($0) }
    }

    /// Whether a level is plain text only. Otherwise topics of other programs could look like the template's.
    var hasLevelOfItsOwn: Bool {
        "/\(pieces.map { if case .text(let text) = $0 { text } else { "{}" } }.joined())/".split(separator: "/")
            .contains { !$0.contains("{}") }
    }

    /// The values that give `topic`. There are several sets if two placeholders share a level, and none if the template cannot give
    /// the topic.
    func values(in topic: String, epoch: String) -> [TopicValues] {
        var found: [TopicValues] = []
        read(pieces[...], topic[...].utf8, TopicValues(epoch: epoch), &found)
        return found.filter { self.topic($0)?.utf8.elementsEqual(topic.utf8) == true }
    }

    /// The most sets of values of one topic. That is enough to see that the topic is ambiguous.
    private static let readingLimit = 16

    private func read(
        _ pieces: ArraySlice<Piece>, _ text: Substring.UTF8View, _ values: TopicValues, _ found: inout [TopicValues]
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

extension TopicValues {
    /// The same values and one more; `nil` if the placeholder cannot have this value.
    fileprivate func setting(_ place: TopicTemplate.Place, to text: String) -> TopicValues? {
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
