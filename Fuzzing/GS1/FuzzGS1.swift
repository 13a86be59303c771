// What libFuzzer calls. Built by scripts/fuzz-gs1 together with Sources/GS1 as one module, since SwiftPM would bring a main of its own;
// and by itself, for the tests that feed it the inputs of Corpus.

#if canImport(GS1)
@testable import GS1
#endif

/// The first byte of an input says who is to read the rest; the files in Corpus are named by it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzGS1(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let data, size > 0 else { return 0 }
    let input = UnsafeBufferPointer(start: data, count: size)
    let rest = Array(input.dropFirst())
    switch input[0] {
    case UInt8(ascii: "e"): elementString(rest)
    case UInt8(ascii: "b"): bracketed(rest)
    case UInt8(ascii: "d"): digitalLink(rest)
    case UInt8(ascii: "s"): scan(rest)
    case UInt8(ascii: "t"): tag(rest)
    case UInt8(ascii: "u"): tagURI(rest)
    case UInt8(ascii: "k"): keys(rest)
    default: linters(rest)
    }
    return 0
}

/// Everything let pass: what is read with these has to survive being written and read again with them.
private let lenient: ParsingOptions = {
    var options = ParsingOptions.strict
    options.permitsUnknownIdentifiers = true
    options.permitsUnknownAttributes = true
    options.checksCompanions = false
    return options
}()

private func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fatalError(message()) }
}

/// Reads, and says what a refusal has to be: with a place within the input, and with words.
private func read<Value>(_ bytes: [UInt8], _ body: () throws(GS1Error) -> Value) -> Value? {
    do throws(GS1Error) {
        return try body()
    } catch {
        if let position = error.position {
            require((0...bytes.count).contains(position), "\(error) is outside of \(bytes.count) bytes")
        }
        require(!error.description.isEmpty && !error.reason.code.isEmpty && !error.expected.isEmpty, "an error without words")
        return nil
    }
}

private func elementString(_ bytes: [UInt8]) {
    _ = read(bytes) { () throws(GS1Error) in try GS1Message(elementString: bytes) }
    guard let message = read(bytes, { () throws(GS1Error) in try GS1Message(elementString: bytes, options: lenient) }) else {
        return
    }
    roundTrips(message)
}

private func bracketed(_ bytes: [UInt8]) {
    _ = read(bytes) { () throws(GS1Error) in try GS1Message(bracketed: bytes) }
    guard let message = read(bytes, { () throws(GS1Error) in try GS1Message(bracketed: bytes, options: lenient) }) else { return }
    require((try? GS1Message(bracketed: message.bracketed, options: lenient)) == message, "\(message) changes in brackets")
    linkRoundTrips(message)
}

private func digitalLink(_ bytes: [UInt8]) {
    _ = read(bytes) { () throws(GS1Error) in try GS1Message(digitalLink: bytes) }
    var options = lenient
    options.permitsShortGTINs = true
    options.permitsKeyNames = true
    guard let message = read(bytes, { () throws(GS1Error) in try GS1Message(digitalLink: bytes, options: options) }) else { return }
    linkRoundTrips(message)
}

private func scan(_ bytes: [UInt8]) {
    guard let scan = read(bytes, { () throws(GS1Error) in try Scan(bytes, options: lenient) }) else { return }
    if let message = scan.message { linkRoundTrips(message) }
}

private func tag(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let sgtin = read(Array(text.utf8), { () throws(GS1Error) in try SGTIN(hexadecimal: text) }) else { return }
    require((try? SGTIN(hexadecimal: sgtin.sgtin198())) == sgtin, "\(sgtin) changes as SGTIN-198")
    if let short = try? sgtin.sgtin96() { require((try? SGTIN(hexadecimal: short)) == sgtin, "\(sgtin) changes as SGTIN-96") }
    require((try? SGTIN(uri: sgtin.uri))?.uri == sgtin.uri, "\(sgtin) changes as URI")
}

private func tagURI(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let sgtin = read(Array(text.utf8), { () throws(GS1Error) in try SGTIN(uri: text) }) else { return }
    require((try? SGTIN(uri: sgtin.uri)) == sgtin, "\(sgtin) changes as URI")
    require((try? SGTIN(hexadecimal: sgtin.sgtin198())) == sgtin, "\(sgtin) changes as SGTIN-198")
}

private func keys(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let utf8 = Array(text.utf8)
    if let gtin = read(utf8, { () throws(GS1Error) in try GTIN(text) }) {
        for form in gtin.allForms { require((try? GTIN(form)) == gtin, "\(form) is not \(gtin)") }
        if let upce = gtin.upce { require((try? GTIN(upce: upce)) == gtin, "UPC-E \(upce) is not \(gtin)") }
    }
    if let gtin = read(utf8, { () throws(GS1Error) in try GTIN(upce: text) }) {
        require(gtin.zeroSuppressed.flatMap { try? GTIN(upce: $0) } == gtin, "\(gtin) has no UPC-E")
    }
    if let sscc = read(utf8, { () throws(GS1Error) in try SSCC(text) }) { require(sscc.digits == text, "\(text) changes") }
    if let gln = read(utf8, { () throws(GS1Error) in try GLN(text) }) { require(gln.digits == text, "\(text) changes") }
    if let date = CalendarDate(yymmdd: text, referenceYear: 2026) {
        require((1977...2076).contains(date.year), "\(date) is of a century too far")
        require(date <= date.lastDay, "\(date) is after its last day")
    }
}

private func linters(_ bytes: [UInt8]) {
    for linter in Linter.allCases {
        guard let finding = linter.finding(in: bytes) else { continue }
        require((0...bytes.count).contains(finding.offset), "\(linter.rawValue) finds something outside")
    }
}

/// What is read is the same however it was written.
private func roundTrips(_ message: GS1Message) {
    require((try? GS1Message(elementString: message.elementString, options: lenient)) == message, "\(message) changes as string")
    require((try? GS1Message(bracketed: message.bracketed, options: lenient)) == message, "\(message) changes in brackets")
    let scan = try? Scan(message.scanData(in: .dataMatrix, options: lenient), options: lenient)
    require(scan?.message == message, "\(message) changes as scan")
    linkRoundTrips(message)
}

/// In a URI the order changes and repeats go, the elements stay.
private func linkRoundTrips(_ message: GS1Message) {
    readEverything(of: message)
    guard let uri = try? message.digitalLink(options: lenient) else { return }
    let again = try? GS1Message(digitalLink: uri, options: lenient)
    require(again.map { Set($0.elements) } == Set(message.elements), "\(message) changes as \(uri)")
}

private func readEverything(of message: GS1Message) {
    _ = (message.gtin, message.containedGTIN, message.sscc, message.count, message.location, message.measures, message.netWeight)
    _ = (message.expiry(referenceYear: 2026), message.bestBefore(referenceYear: 2026), message.productionDate(referenceYear: 2026))
    for element in message.elements {
        _ = (element.amount, element.measure, element.date(referenceYear: 2026), element.decimal?.description)
        _ = element.decimal?.doubleValue
    }
}
