/// The rules between elements: GS1 General Specifications, section "Data relationships".
enum Rules {
    /// - Throws: for the first element that breaks a rule.
    static func check(_ elements: [Element], options: ParsingOptions) throws(GS1Error) {
        try checkRepeats(elements)
        guard options.checksCompanions else { return }
        let table = SyntaxDictionary.standard
        for element in elements {
            guard let index = table.index(of: element.applicationIdentifier) else { continue }
            try checkExclusions(of: element, table.definitions[index].exclusions, in: elements)
            try checkRequirements(of: element, table.definitions[index].requirements, in: elements)
        }
        try checkSignedKeys(elements)
    }

    /// The same identifier twice is one statement made twice, so both values have to be equal.
    private static func checkRepeats(_ elements: [Element]) throws(GS1Error) {
        // Quadratic in the number of elements, which is at most `GS1Message.maximumElementCount`.
        for index in elements.indices {
            for other in (index + 1)..<max(index + 1, elements.count)
            where elements[other].applicationIdentifier == elements[index].applicationIdentifier {
                guard elements[other].value == elements[index].value else {
                    throw GS1Error(
                        .conflictingRepeat, in: elements[other].applicationIdentifier, at: elements[other].position,
                        expected: "\(elements[index].value) again, or nothing")
                }
            }
        }
    }

    @inline(__always)
    private static func checkExclusions(
        of element: Element, _ exclusions: [ApplicationIdentifier.Pattern], in elements: [Element]
    ) throws(GS1Error) {
        for pattern in exclusions {
            for other in elements where pattern.matches(other.applicationIdentifier) {
                // A pattern like 310n does not include the element itself.
                guard other.applicationIdentifier == element.applicationIdentifier else {
                    throw GS1Error(
                        .excludedCompanion, in: element.applicationIdentifier, at: element.position,
                        expected: "no (\(other.applicationIdentifier)) beside it")
                }
            }
        }
    }

    @inline(__always)
    private static func checkRequirements(
        of element: Element, _ requirements: [[[ApplicationIdentifier.Pattern]]], in elements: [Element]
    ) throws(GS1Error) {
        for groups in requirements {
            guard isMet(groups, by: elements) else {
                let words = groups.map { group in group.map { "(\($0))" }.joined(separator: " with ") }.joined(separator: " or ")
                throw GS1Error(
                    .missingCompanion, in: element.applicationIdentifier, at: element.position, expected: "\(words) beside it")
            }
        }
    }

    private static func isMet(_ groups: [[ApplicationIdentifier.Pattern]], by elements: [Element]) -> Bool {
        for group in groups {
            var met = 0
            for pattern in group {
                for element in elements where pattern.matches(element.applicationIdentifier) {
                    met += 1
                    break
                }
            }
            if met == group.count { return true }
        }
        return false
    }

    /// A digital signature (8030) belongs to one instance, so keys with an optional serial component need that component.
    private static func checkSignedKeys(_ elements: [Element]) throws(GS1Error) {
        guard elements.contains(where: { $0.applicationIdentifier == .digitalSignature }) else { return }
        for element in elements {
            let length: Int
            switch element.applicationIdentifier {
            case .documentType, .coupon: length = 13
            case .returnableAsset: length = 14
            default: continue
            }
            guard element.value.utf8.count > length else {
                throw GS1Error(
                    .unsignableKey, in: element.applicationIdentifier, at: element.position,
                    expected: "more than \(length) characters, since (8030) signs it")
            }
        }
    }
}
