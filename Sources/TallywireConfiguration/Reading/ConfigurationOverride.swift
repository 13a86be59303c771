import TallywireCore

/// A change to plugins.json from the command line. The change is made before the file is checked, so that its value is checked too.
///
/// The path goes through objects by key, into `sources` and `sinks` by an entry's name, and into other lists by index:
/// `sinks.shelf-displays.publish.0.qos`. The value is JSON if it can be read as JSON, otherwise a string.
public struct ConfigurationOverride: Sendable {
    /// The keys that lead to the value.
    public var path: [String]
    /// The value's text.
    public var text: String
    /// The option as it was given. Error messages begin with it.
    public var option: String

    /// `value` for `path`. `option` is how the user gave it, such as `--port 0`.
    public init(path: [String], text: String, option: String) {
        self.path = path
        self.text = text
        self.option = option
    }

    /// The argument of `--set`: `path=value`. Without an equals sign, applying it is an error.
    public init(set assignment: String) {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        self.path = parts.count == 2 ? parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init) : []
        self.text = parts.count == 2 ? String(parts[1]) : ""
        self.option = "--set \(assignment)"
    }
}

extension ConfigurationOverride: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(set: value) }
}

extension ConfigurationOverride {
    private struct Mistake: Error {
        let message: String
    }

    /// Changes `root`. Returns what is wrong with the path, `nil` if nothing is.
    package func apply(to root: inout ConfigurationValue) -> ConfigurationDiagnostic? {
        guard !path.isEmpty, !path.contains("") else {
            return ConfigurationDiagnostic(file: option, message: "a change has the form path=value, such as http.port=0")
        }
        do {
            try set(value, at: path[...], in: &root, behind: [])
            return nil
        } catch {
            return ConfigurationDiagnostic(file: option, message: error.message)
        }
    }

    private var value: ConfigurationValue {
        let origin = ConfigurationValue.Origin.override(option: option, text: text)
        guard let tree = try? ConfigurationTree.read(text), tree.repeatedKeys.isEmpty else {
            return ConfigurationValue(.string(text), origin: origin)
        }
        return tree.value.moved(to: origin)
    }

    private func set(
        _ new: ConfigurationValue, at path: ArraySlice<String>, in value: inout ConfigurationValue, behind: [String]
    ) throws(Mistake) {
        guard let key = path.first else {
            value = new
            return
        }
        switch value.content {
        case .object(var members):
            if let index = members.firstIndex(where: { $0.key == key }) {
                try set(new, at: path.dropFirst(), in: &members[index].value, behind: behind + [key])
            } else {
                var inner = ConfigurationValue(.object([]), origin: new.origin)
                guard !["sources", "sinks"].contains(key) || !behind.isEmpty || path.count == 1 else {
                    throw Mistake(message: "there are no \(key)")
                }
                try set(new, at: path.dropFirst(), in: &inner, behind: behind + [key])
                members.append(ConfigurationValue.Member(key, keyOrigin: new.origin, inner))
            }
            value.content = .object(members)
        case .list(var elements):
            let index = try index(of: key, in: elements, list: behind)
            try set(new, at: path.dropFirst(), in: &elements[index], behind: behind + [key])
            value.content = .list(elements)
        default:
            throw Mistake(message: "“\(behind.joined(separator: "."))” is \(value.kind), it has no “\(key)”")
        }
    }

    private func index(of key: String, in elements: [ConfigurationValue], list: [String]) throws(Mistake) -> Int {
        if list == ["sources"] || list == ["sinks"] {
            let names = elements.map { ($0["name"] ?? $0["plugin"])?.string ?? "" }
            if let index = names.firstIndex(of: key) { return index }
            let hint = Suggestion.nearest(to: key, among: names).map { "did you mean “\($0)”?" }
            let all = names.filter { !$0.isEmpty }.map { "“\($0)”" }.joined(separator: ", ")
            throw Mistake(
                message: "no \(list[0].dropLast()) is named “\(key)”, \(hint ?? "there are \(all.isEmpty ? "none" : all)")")
        }
        guard let index = Int(key), elements.indices.contains(index) else {
            throw Mistake(message: "“\(list.joined(separator: "."))” is a list of \(elements.count), it has no element “\(key)”")
        }
        return index
    }
}

extension ConfigurationValue {
    /// This value and all values in it, with `origin` as their origin.
    fileprivate func moved(to origin: Origin) -> ConfigurationValue {
        switch content {
        case .list(let elements): ConfigurationValue(.list(elements.map { $0.moved(to: origin) }), origin: origin)
        case .object(let members):
            ConfigurationValue(
                .object(members.map { Member($0.key, keyOrigin: origin, $0.value.moved(to: origin)) }), origin: origin)
        default: ConfigurationValue(content, origin: origin)
        }
    }
}
