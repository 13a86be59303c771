/// A secret as plugins.json has it, with its variables: it can be read again, as when its file has changed.
public struct SecretSource: Sendable {
    let text: String
    let interpolation: Interpolation

    /// The secret as it is now. Throws ``OptionError`` if a variable or a file is not there.
    public func read() throws(OptionError) -> String {
        do {
            return try interpolation.expand(text).text
        } catch {
            throw OptionError("auth", "secret", message: error.message)
        }
    }

    /// The files that it is read from.
    public var files: [String] { interpolation.files(in: text) }
}
