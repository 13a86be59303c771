import Foundation

/// A question to whoever sits at the terminal.
package enum Question {
    /// Asks for a yes; `nil` if there is no terminal to ask at. Everything but `y` and `yes` is a no. Blocks until there is an answer.
    package static func isAgreed(_ text: String) -> Bool? {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        print("\(text) [y/N] ", terminator: "")
        fflush(nil)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}
