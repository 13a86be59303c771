extension GS1Message {
    /// The stem of the URIs that GS1 itself resolves.
    public static let canonicalStem = "https://id.gs1.org"

    /// Reads a GS1 Digital Link URI like `https://id.gs1.org/01/09521234543213/10/AB-123?17=271231`.
    ///
    /// Elements are in the order of the URI: the key, its qualifiers, then the attributes. Compressed URIs are not read.
    ///
    /// - Throws: ``GS1Error``; its position counts bytes from the start of `uri`.
    public init(digitalLink uri: some StringProtocol, options: ParsingOptions = .strict) throws(GS1Error) {
        try self.init(digitalLink: Array(uri.utf8), options: options)
    }

    /// Reads a GS1 Digital Link URI as bytes.
    public init(digitalLink bytes: [UInt8], options: ParsingOptions = .strict) throws(GS1Error) {
        var parser = DigitalLinkParser(options: options)
        try parser.read(bytes.span)
        try self.init(checked: parser.elements, options: options)
    }

    /// The message as a GS1 Digital Link URI. The message's first primary key and its qualifiers are in the path, and all other
    /// elements in the query, those of predefined length first.
    ///
    /// - Parameters:
    ///   - stem: scheme, host and possibly the beginning of a path; a slash at its end is left out
    ///   - options: whether unknown identifiers may be attributes
    /// - Throws: ``GS1Error`` if there is no primary key, or if an element may not be an attribute.
    public func digitalLink(stem: String = canonicalStem, options: ParsingOptions = .strict) throws(GS1Error) -> String {
        guard let key = elements.first(where: { $0.applicationIdentifier.definition?.qualifiers != nil })?.applicationIdentifier
        else {
            throw GS1Error(.noPrimaryKey, expected: "an element like (01) that identifies something")
        }
        let path = [key] + QualifierSequence.best(for: key, among: Set(elements.map(\.applicationIdentifier)))
        var output = Array((stem.hasSuffix("/") ? stem.dropLast() : stem[...]).utf8)
        for identifier in path {
            output.append(UInt8(ascii: "/"))
            identifier.append(to: &output)
            output.append(UInt8(ascii: "/"))
            PercentEncoding.append(self[identifier] ?? "", to: &output)
        }
        var written = Set(path)
        let attributes = elements.filter { written.insert($0.applicationIdentifier).inserted }
        var mark = UInt8(ascii: "?")
        for needsSeparator in [false, true] {
            for element in attributes where Self.needsSeparator(element.applicationIdentifier) == needsSeparator {
                let identifier = element.applicationIdentifier
                guard identifier.definition?.isDigitalLinkAttribute ?? options.permitsUnknownAttributes else {
                    throw GS1Error(
                        .notAnAttribute, in: identifier, expected: "only elements that may be attributes beside (\(key))")
                }
                output.append(mark)
                identifier.append(to: &output)
                output.append(UInt8(ascii: "="))
                PercentEncoding.append(element.value, to: &output)
                mark = UInt8(ascii: "&")
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}

/// The names of keys and qualifiers in the path, from the first releases of GS1 Digital Link.
enum KeyNames {
    /// The identifier that `name` stands for.
    static func identifier(_ name: String) -> ApplicationIdentifier? {
        names[name].flatMap { ApplicationIdentifier($0) }
    }

    private static let names = [
        "gtin": "01", "itip": "8006", "gmn": "8013", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018",
        "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004", "cpv": "22",
        "lot": "10", "ser": "21", "cpsn": "8011", "glnx": "254", "refno": "8020", "srin": "8019",
    ]
}

/// Which qualifiers may follow a primary key in the path of a URI, and in which order.
enum QualifierSequence {
    /// Whether `path`, a key and what follows it, is an allowed sequence: the qualifiers of one alternative in its order, with any
    /// of them left out.
    static func isAllowed(_ path: [ApplicationIdentifier]) -> Bool {
        guard let key = path.first, let alternatives = key.definition?.qualifiers else { return false }
        let qualifiers = path.dropFirst()
        return qualifiers.isEmpty || alternatives.contains { isSubsequence(qualifiers, of: $0) }
    }

    private static func isSubsequence(_ part: ArraySlice<ApplicationIdentifier>, of whole: [ApplicationIdentifier]) -> Bool {
        var rest = part
        for identifier in whole where identifier == rest.first { rest = rest.dropFirst() }
        return rest.isEmpty
    }

    /// Whether `identifier` may occur somewhere in `path` after its key.
    static func accepts(_ identifier: ApplicationIdentifier, in path: [ApplicationIdentifier]) -> Bool {
        guard !path.isEmpty else { return false }
        return (1...path.count).contains { index in
            var longer = path
            longer.insert(identifier, at: index)
            return isAllowed(longer)
        }
    }

    /// The qualifiers of `key`'s alternative that has most of `identifiers`; of several, the first.
    static func best(for key: ApplicationIdentifier, among identifiers: Set<ApplicationIdentifier>) -> [ApplicationIdentifier] {
        var best: [ApplicationIdentifier] = []
        for alternative in key.definition?.qualifiers ?? [] {
            let present = alternative.filter { identifiers.contains($0) }
            if present.count > best.count { best = present }
        }
        return best
    }
}
