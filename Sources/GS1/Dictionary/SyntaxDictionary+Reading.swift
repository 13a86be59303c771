extension SyntaxDictionary {
    /// The definitions of one line: `AIs  [flags]  components...  [attributes...]  [# title]`; nil for a line of any other form.
    static func definitions(of line: some StringProtocol) -> [ApplicationIdentifier.Definition]? {
        let halves = line.split(separator: "#", maxSplits: 1)
        var title = halves.count > 1 ? halves[1] : ""
        title = title.drop { $0 == " " }
        var fields = (halves.first ?? "").split(separator: " ")
        guard !fields.isEmpty, let identifiers = identifiers(fields.removeFirst()) else { return nil }
        var flags = ""
        if let first = fields.first, let character = first.first, "*?!\"".contains(character) {
            flags = String(fields.removeFirst())
        }

        var components: [ApplicationIdentifier.Component] = []
        while let field = fields.first, let component = ApplicationIdentifier.Component(field) {
            components.append(component)
            fields.removeFirst()
        }
        var attributes = Attributes()
        for field in fields where !attributes.read(field) { return nil }
        guard !components.isEmpty else { return nil }

        let needed = components.filter { !$0.isOptional }
        return identifiers.map { identifier in
            ApplicationIdentifier.Definition(
                applicationIdentifier: identifier, title: String(title), components: components,
                hasPredefinedLength: flags.contains("*"), isDigitalLinkAttribute: flags.contains("?"),
                qualifiers: attributes.qualifiers, requirements: attributes.requirements, exclusions: attributes.exclusions,
                minimumLength: needed.reduce(0) { $0 + $1.minimumLength },
                maximumLength: components.reduce(0) { $0 + $1.maximumLength })
        }
    }

    /// One identifier, or all of a range like `3100-3105`.
    private static func identifiers(_ text: some StringProtocol) -> [ApplicationIdentifier]? {
        let ends = text.split(separator: "-").compactMap { ApplicationIdentifier($0) }
        guard let first = ends.first, let last = ends.last, ends.count <= 2, first.number <= last.number,
            first.digitCount == last.digitCount
        else { return nil }
        return (first.number...last.number).map { ApplicationIdentifier(number: $0, digitCount: first.digitCount) }
    }

    /// The attributes of an entry: `req=`, `ex=` and `dlpkey`.
    private struct Attributes {
        var requirements: [[[ApplicationIdentifier.Pattern]]] = []
        var exclusions: [ApplicationIdentifier.Pattern] = []
        var qualifiers: [[ApplicationIdentifier]]?

        /// Reads one attribute. Returns false if the text is no attribute, or not well formed.
        mutating func read(_ text: some StringProtocol) -> Bool {
            let halves = text.split(separator: "=", maxSplits: 1)
            let value = halves.count > 1 ? String(halves[1]) : ""
            switch String(halves.first ?? "") {
            case "req":
                let groups = value.split(separator: ",").map { group in
                    group.split(separator: "+").map { ApplicationIdentifier.Pattern($0) }
                }
                requirements.append(groups.map { $0.compactMap(\.self) })
                return !groups.isEmpty && !groups.joined().contains(nil)
            case "ex":
                let patterns = value.split(separator: ",").map { ApplicationIdentifier.Pattern($0) }
                exclusions += patterns.compactMap(\.self)
                return !patterns.isEmpty && !patterns.contains(nil)
            case "dlpkey":
                let sequences = value.split(separator: "|").map { sequence in
                    sequence.split(separator: ",").map { ApplicationIdentifier($0) }
                }
                qualifiers = (qualifiers ?? []) + sequences.map { $0.compactMap(\.self) }
                return !sequences.joined().contains(nil)
            default:
                return false
            }
        }
    }
}
