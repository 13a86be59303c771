/// A code that says what a scanner's next scans mean, or takes its last one back: `TW:UNDO`, `TW:AT:WH1`. Any scanner reads it, since it
/// is printed like a product's code.
///
/// The prefix `TW:` is reserved: a code that begins with it is never looked for in the catalogue.
public enum ControlCode: Equatable, Sendable {
    /// Takes back the device's last scan.
    case undo
    /// Ends what the codes before said.
    case end
    /// The next scans are at this location.
    case location(String)
    /// The next scans are of this operation.
    case operation(Operation)
    /// The next scans are transfers to this location.
    case destination(String)
    /// The next scans capture units of the reservation with this id.
    case reservation(String)

    /// Why a code with the prefix is no control code.
    public struct Mistake: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public static let prefix = "TW:"

    /// The operations that have a control code.
    public static let operations = Operation.allCases.filter(\.hasControlCode)

    /// All control codes, with a word for what a code names.
    public static let forms =
        ["TW:UNDO", "TW:END", "TW:AT:LOCATION", "TW:TO:LOCATION", "TW:RES:RESERVATION"]
        + operations.map { ControlCode.operation($0).text }

    /// The control code that a scanner read, with the prefix that scanners may send before it (`]Q1`); `nil` for any other code.
    public init?(_ code: String) throws(Mistake) {
        // Barcodes of products, which are digits, need no closer look.
        guard code.utf8.prefix(16).contains(UInt8(ascii: "T")), code.utf8.count <= 16 * Limits.barcodeLength else { return nil }
        var text = code.keyForm
        if text.first == "]" { text.removeFirst(min(3, text.count)) }
        guard text.hasPrefix(Self.prefix) else { return nil }
        let parts = text.dropFirst(Self.prefix.count).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.count == 2 ? String(parts[1]).keyForm : nil
        switch (parts[0], name) {
        case ("UNDO", nil): self = .undo
        case ("END", nil): self = .end
        case ("AT", .some(let name)): self = .location(try Self.location(name, text))
        case ("TO", .some(let name)): self = .destination(try Self.location(name, text))
        case ("OP", .some(let name)):
            guard let operation = Self.operations.first(where: { $0.rawValue == name }) else { throw Self.unknown(text) }
            self = .operation(operation)
        case ("RES", .some(let name)):
            if let rejection = Command.validate(id: name) { throw Mistake(description: "“\(text.excerpt)”: \(rejection.message)") }
            self = .reservation(name)
        default: throw Self.unknown(text)
        }
    }

    /// What is printed in the code.
    public var text: String {
        switch self {
        case .undo: "TW:UNDO"
        case .end: "TW:END"
        case .location(let code): "TW:AT:\(code)"
        case .operation(let operation): "TW:OP:\(operation.rawValue)"
        case .destination(let code): "TW:TO:\(code)"
        case .reservation(let id): "TW:RES:\(id)"
        }
    }

    private static func location(_ name: String, _ text: String) throws(Mistake) -> String {
        if let mistake = Command.mistake(inLocation: name) { throw Mistake(description: "“\(text.excerpt)”: \(mistake)") }
        return name
    }

    private static func unknown(_ text: String) -> Mistake {
        Mistake(description: "“\(text.excerpt)” is no control code; these are: \(forms.joined(separator: ", "))")
    }
}
