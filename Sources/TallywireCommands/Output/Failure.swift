import ArgumentParser
import Foundation
import TallywireConfiguration

/// How a command ended: a message for the terminal and an exit code.
package struct Failure: Error {
    package let message: String
    let code: ExitCode

    package init(_ message: String, code: ExitCode = .failure) {
        self.message = message
        self.code = code
    }

    /// Bad usage.
    package static func usage(_ message: String) -> Failure { Failure("error: \(message)", code: ExitCode(64)) }

    /// The failure that `error` is. `root` is the root command, which describes the mistakes of a command line.
    package init(_ error: any Error, root: (any ParsableCommand.Type)? = nil) {
        switch error {
        case let failure as Failure: self = failure
        case let error as ConfigurationError: self.init("\(error)", code: ExitCode(78))
        case let error as UnknownNameError: self.init("error: \(error)", code: ExitCode(64))
        case let code as ExitCode: self.init("", code: code)
        default:
            // ArgumentParser uses these codes for mistakes, and for help and version, which are none.
            guard let root, case let code = root.exitCode(for: error), code == .success || code == .validationFailure else {
                self.init("error: \(error)")
                return
            }
            self.init(root.fullMessage(for: error), code: code)
        }
    }

    /// Prints the message to the right output and returns the code.
    package func report() -> ExitCode {
        guard !message.isEmpty else { return code }
        do {
            try (code == .success ? Output.standard : .error).print(message)
            return code
        } catch {
            // Help and version are the requested output. For an error that cannot be printed, only the code is left.
            return code == .success ? Failure(error).report() : code
        }
    }
}
