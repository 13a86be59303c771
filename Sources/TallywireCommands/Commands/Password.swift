import ArgumentParser
import Foundation
import TallywireAccess
import TallywireAuthentication

struct Password: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the hash of a password, for auth.users of plugins.json.",
        discussion: """
            Asks for the password without showing it, twice on a terminal, and takes one line of standard input otherwise. Prints the hash \
            and nothing else: a user of plugins.json is {"name": "anna", "password": "HASH", "role": "admin"}. The password cannot be read \
            from the hash.
            """)

    /// Shorter passwords can be found by trying.
    static let least = 8

    func run() throws {
        let isTerminal = isatty(STDIN_FILENO) == 1
        guard let password = Self.read("Password: ", isTerminal), !password.isEmpty else {
            throw Failure.usage("there is no password on standard input")
        }
        guard password.count >= Self.least, password.utf8.count <= PasswordHash.longestPassword else {
            throw Failure.usage(
                "a password has \(Self.least) characters or more, and at most \(PasswordHash.longestPassword) bytes")
        }
        if isTerminal, Self.read("The same password again: ", isTerminal) != password {
            throw Failure.usage("the two passwords are not the same")
        }
        try Output.standard.print(PasswordHash(of: password))
    }

    private static func read(_ prompt: String, _ isTerminal: Bool) -> String? {
        guard isTerminal else { return readLine() }
        FileHandle.standardError.write(Data(prompt.utf8))
        var before = termios()
        tcgetattr(STDIN_FILENO, &before)
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return readLine()
    }
}
