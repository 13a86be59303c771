/// The mistakes because of which plugins.json cannot be used, in the order of the file.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is at least one.
    public let diagnostics: [ConfigurationDiagnostic]

    public init(_ diagnostics: [ConfigurationDiagnostic]) {
        self.diagnostics = Array(Set(diagnostics)).sorted()
    }

    /// One line for each mistake.
    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// A plugin's objection to its options, thrown from the closure that makes the plugin: for rules that no schema can express, such
/// as two options that exclude each other. The mistake is shown at the position of the value that `path` leads to.
public struct OptionError: Error, Sendable, CustomStringConvertible {
    /// Keys and indices from the plugin's entry down, such as `["publish", "0", "topic"]`. The path is followed as far as the file
    /// has it.
    public let path: [String]
    public let message: String

    public init(_ path: String..., message: String) { self.init(path: path, message: message) }

    public init(path: [String], message: String) {
        self.path = path
        self.message = message
    }

    public var description: String { message }
}

/// A name in `--only` or `--without` that no source and no sink has.
public struct UnknownNameError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `--only` or `--without`.
    public let option: String
    public let name: String
    /// The most similar name, if one is similar enough.
    public let suggestion: String?
    /// The names of all sources and sinks.
    public let known: [String]

    public init(option: String, name: String, suggestion: String?, known: [String]) {
        self.option = option
        self.name = name
        self.suggestion = suggestion
        self.known = known
    }

    public var description: String {
        let hint = suggestion.map { "did you mean “\($0)”?" } ?? "there are \(known.map { "“\($0)”" }.joined(separator: ", "))"
        return "\(option): no source or sink is named “\(name)”; \(hint)"
    }
}

/// One mistake in plugins.json, or in an option of the command line that changes it.
public struct ConfigurationDiagnostic: Hashable, Sendable {
    /// The path of the file as it was given, or the option, such as `--set http.port=x`.
    public var file: String
    /// Counted from 1; `nil` for an option of the command line, or for a mistake of the file as a whole.
    public var line: Int?
    /// Counted from 1 in characters (Unicode scalars, as compilers and most editors do).
    public var column: Int?
    /// What is wrong, and what would be right.
    public var message: String

    public init(file: String, line: Int? = nil, column: Int? = nil, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }
}

extension ConfigurationDiagnostic: CustomStringConvertible {
    /// `plugins.json:LINE:COLUMN: error: message`, a form from which editors and terminals open the position.
    public var description: String {
        guard let line, let column else { return "\(file): error: \(message)" }
        return "\(file):\(line):\(column): error: \(message)"
    }
}

extension ConfigurationDiagnostic: Comparable {
    /// In the order of the file. Mistakes of the command line come first.
    public static func < (a: Self, b: Self) -> Bool {
        (a.line ?? 0, a.column ?? 0, a.file, a.message) < (b.line ?? 0, b.column ?? 0, b.file, b.message)
    }
}

extension ConfigurationDiagnostic {
    /// A mistake at the position of a value's origin.
    package init(file: String, origin: ConfigurationValue.Origin, message: String) {
        switch origin {
        case .file(let line, let column): self.init(file: file, line: line, column: column, message: message)
        case .override(let option, _): self.init(file: option, message: message)
        case .builtIn: self.init(file: file, message: message)
        }
    }
}
