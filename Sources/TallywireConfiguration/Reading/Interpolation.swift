import Foundation

/// Fills environment variables and files with secrets into the strings of plugins.json.
///
/// `${NAME}` is a variable. `${NAME:-default}` has a default for an unset or empty variable, and `${NAME:?message}` an error
/// message for that case. `${file:PATH}` is a file's content without the newline at its end. `$${` is a literal `${`. Text that was
/// filled in is not searched for variables.
package struct Interpolation: Sendable {
    let environment: [String: String]
    /// The directory at which relative paths start.
    let directory: String

    package init(environment: [String: String], directory: String) {
        self.environment = environment
        self.directory = directory
    }

    /// The largest file that is filled in.
    static let fileSize = 64 << 10

    /// Why a string cannot be completed.
    package struct Failure: Error {
        package let message: String
    }

    /// Returns the completed text, and whether anything was filled in.
    package func expand(_ text: String) throws(Failure) -> (text: String, isExpanded: Bool) {
        guard text.contains("${") else { return (text, false) }
        var result = ""
        var isExpanded = false
        var rest = text[...]
        while let start = rest.range(of: "${") {
            result += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            if result.last == "$" {
                result += "{"
                continue
            }
            guard let end = rest.firstIndex(of: "}") else {
                throw Failure(message: "“${” has no “}”; a literal “${” is written “$${”")
            }
            result += try value(of: rest[..<end])
            isExpanded = true
            rest = rest[rest.index(after: end)...]
        }
        return (result + rest, isExpanded)
    }

    private func value(of expression: Substring) throws(Failure) -> String {
        if expression.hasPrefix("file:") { return try contents(of: String(expression.dropFirst(5))) }
        let name = String(expression.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        let rest = expression.dropFirst(name.count)
        let value = environment[name]
        guard let first = name.first, !first.isNumber, rest.isEmpty || rest.hasPrefix(":-") || rest.hasPrefix(":?") else {
            throw Failure(message: "“${\(expression)}” is none of ${NAME}, ${NAME:-default}, ${NAME:?message} and ${file:PATH}")
        }
        switch rest.prefix(2) {
        case ":-": return value.flatMap { $0.isEmpty ? nil : $0 } ?? String(rest.dropFirst(2))
        case ":?":
            if let value, !value.isEmpty { return value }
            let message = rest.dropFirst(2)
            throw Failure(message: message.isEmpty ? "the environment variable \(name) is not set" : "\(name): \(message)")
        default:
            guard let value else {
                throw Failure(
                    message: "the environment variable \(name) is not set; “${\(name):-default}” gives it a default")
            }
            return value
        }
    }

    /// The files that ``expand(_:)`` would fill into `text`.
    package func files(in text: String) -> [String] {
        text.components(separatedBy: "${file:").dropFirst().compactMap { rest in
            rest.firstIndex(of: "}").map { absolute(String(rest[..<$0])) }
        }
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") || directory.isEmpty ? path : directory + "/" + path
    }

    private func contents(of path: String) throws(Failure) -> String {
        guard !path.isEmpty else { throw Failure(message: "“${file:}” names no file") }
        let absolute = absolute(path)
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(absolute, limit: Self.fileSize)
        } catch {
            throw Failure(message: "“${file:\(path)}”: \(error.message)")
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(message: "“${file:\(path)}”: the file is not UTF-8")
        }
        if let last = text.last, last == "\n" || last == "\r\n" { text.removeLast() }
        return text
    }
}
