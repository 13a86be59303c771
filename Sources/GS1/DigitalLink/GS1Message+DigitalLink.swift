extension GS1Message {
    /// The stem of URIs that GS1 itself resolves.
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

    /// As a GS1 Digital Link URI: the first primary key of the message and its qualifiers in the path, all else in the query, those of
    /// predefined length first.
    ///
    /// - Parameters:
    ///   - stem: scheme, host and maybe the beginning of a path; a slash at its end is left out
    ///   - options: whether unknown identifiers may be attributes
    /// - Throws: ``GS1Error`` if there is no primary key, or an element that may not be an attribute.
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
