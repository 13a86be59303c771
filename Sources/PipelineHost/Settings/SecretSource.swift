import TallywireConfiguration

/// A secret as plugins.json has it, with its variables. It can be read again, for example when its file has changed.
public struct SecretSource: Sendable {
    let text: String
    let interpolation: Interpolation

    /// Returns the secret's current text. Throws `OptionError` if a variable or a file is missing.
    public func read() throws(OptionError) -> String {
        do {
            return try interpolation.expand(text).text
        } catch {
            throw OptionError("auth", "secret", message: error.message)
        }
    }

    /// The files from which the secret is read.
    public var files: [String] { interpolation.files(in: text) }
}
