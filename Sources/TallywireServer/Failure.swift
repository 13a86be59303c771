import ArgumentParser
import Foundation
import TallywireEngine
import TallywirePipeline

/// How a command ended: a message for the terminal and an exit code.
struct Failure: Error {
    let message: String
    let code: ExitCode

    init(_ message: String, code: ExitCode = .failure) {
        self.message = message
        self.code = code
    }

    /// Bad usage.
    static func usage(_ message: String) -> Failure { Failure("error: \(message)", code: ExitCode(64)) }

    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as ConfigurationError: self.init("\(error)", code: ExitCode(78))
        case let error as UnknownNameError: self.init("error: \(error)", code: ExitCode(64))
        case let error as JournalError: self.init("error: \(error)")
        case let code as ExitCode: self.init("", code: code)
        default:
            // ArgumentParser uses this code to tell help and version, which are not errors, from mistakes.
            let code = Tallywire.exitCode(for: error)
            let isParsing = code == .success || code == .validationFailure
            self.init(isParsing ? Tallywire.fullMessage(for: error) : "error: \(error)", code: isParsing ? code : .failure)
        }
    }

    /// Prints the message to the right output and returns the code.
    func report() -> ExitCode {
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
