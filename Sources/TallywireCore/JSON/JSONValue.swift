/// A JSON value as a text has it: members in their order, numbers as they are written.
///
/// For payloads of devices, whose shape is not known before they are read.
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The number as it is written, since neither `Int64` nor `Double` holds every number exactly.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    public struct Member: Equatable, Sendable {
        public let name: String
        public let value: JSONValue

        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The member `name`; `nil` if this is not an object, or has no such member. Of several members with this name, the last.
    public subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The name of the first member that an object in here has twice, `nil` if there is none: only one of them could count.
    public var repeatedMember: String? { repetition()?.name }

    /// The same with the way to it, such as `lines[0].quantity`; each name is cut where it is long.
    public var repeatedPath: String? {
        repetition()?.path.reduce(into: "") { text, step in
            switch step {
            case .index(let index): text += "[\(index)]"
            case .member(let name): text += (text.isEmpty ? "" : ".") + name.excerpt
            }
        }
    }

    private enum Step {
        case member(String)
        case index(Int)
    }

    private func repetition() -> (name: String, path: [Step])? {
        switch self {
        case .object(let members):
            var names: Set<String> = []
            for member in members {
                guard names.insert(member.name).inserted else { return (member.name, [.member(member.name)]) }
                if let inner = member.value.repetition() { return (inner.name, [.member(member.name)] + inner.path) }
            }
        case .array(let items):
            for (index, item) in items.enumerated() {
                if let inner = item.repetition() { return (inner.name, [.index(index)] + inner.path) }
            }
        default: break
        }
        return nil
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
    public var object: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// The whole number; `nil` for anything else. An exponent and decimals that are zero are allowed.
    public var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        if let number = Int64(text) { return number }
        guard let number = Double(text), number.rounded() == number, abs(number) < 9_007_199_254_740_992 else { return nil }
        return Int64(number)
    }

    /// The text of a string, or the digits of a number that is written with digits alone; `nil` for anything else. Codes come in
    /// these two forms.
    public var code: String? {
        switch self {
        case .string(let text): text
        case .number(let text) where text.utf8.allSatisfy { (48...57).contains($0) }: text
        default: nil
        }
    }

    /// The value at `pointer` (RFC 6901), such as `/data/0/code`; the empty pointer returns this value. `nil` if there is none.
    public func value(at pointer: JSONPointer) -> JSONValue? {
        var value = self
        for step in pointer.steps {
            switch value {
            case .object:
                guard let next = value[step] else { return nil }
                value = next
            case .array(let items):
                guard let index = Int(step), items.indices.contains(index), step == "0" || step.first != "0" else { return nil }
                value = items[index]
            default: return nil
            }
        }
        return value
    }
}

/// The path to a value in a JSON value (RFC 6901), such as `/data/barcodeData`.
public struct JSONPointer: Hashable, Sendable {
    let steps: [String]

    /// `nil` if `text` is not empty and does not begin with `/`, or has a `~` that is neither `~0` nor `~1`.
    public init?(_ text: String) {
        guard text.isEmpty || text.hasPrefix("/") else { return nil }
        var steps: [String] = []
        for part in text.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            var step = ""
            var isEscape = false
            for character in part.unicodeScalars {
                switch (isEscape, character) {
                case (true, "0"): step += "~"
                case (true, "1"): step += "/"
                case (true, _): return nil
                case (false, "~"): break
                case (false, _): step.unicodeScalars.append(character)
                }
                isEscape = !isEscape && character == "~"
            }
            if isEscape { return nil }
            steps.append(step)
        }
        self.steps = steps
    }
}
