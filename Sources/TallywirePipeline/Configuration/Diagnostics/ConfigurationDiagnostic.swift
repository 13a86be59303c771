/// One mistake in plugins.json, or in an option of the command line that changes it.
public struct ConfigurationDiagnostic: Hashable, Sendable {
    /// The file as it was named, or the option, such as `--set http.port=x`.
    public var file: String
    /// Counted from 1; `nil` in an option of the command line and where the file as a whole is meant.
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
    /// `plugins.json:LINE:COLUMN: error: message`, the form that editors and terminals follow to the place.
    public var description: String {
        guard let line, let column else { return "\(file): error: \(message)" }
        return "\(file):\(line):\(column): error: \(message)"
    }
}

extension ConfigurationDiagnostic: Comparable {
    /// In the order of the file, those of the command line first.
    public static func < (a: Self, b: Self) -> Bool {
        (a.line ?? 0, a.column ?? 0, a.file, a.message) < (b.line ?? 0, b.column ?? 0, b.file, b.message)
    }
}
