/// Why keys cannot be used: what is wrong, and what would be right. The message never shows a secret.
public struct KeyError: Error, Equatable, Sendable, CustomStringConvertible {
    public let message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
