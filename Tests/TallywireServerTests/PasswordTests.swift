import Foundation
import TestSupport
import Testing

@Suite("tallywire password", .timeLimit(.minutes(2)))
struct PasswordTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func password(_ input: String) async throws -> (status: Int32, output: String) {
        try await ServerProcess.run(["password"], in: folder.path, input: input)
    }

    @Test("it prints a hash that plugins.json takes, and not the password")
    func hash() async throws {
        let made = try await password("correct horse battery\n")
        let hash = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(made.status == 0 && hash.hasPrefix("$scrypt$") && !hash.contains("horse"))
        let plugins = """
            {"auth": {"mode": "jwt", "secret": "a secret for tests, of more than 32 bytes",
              "users": [{"name": "anna", "password": "\(hash)"}]}}
            """
        try plugins.write(toFile: folder.file("plugins.json"), atomically: true, encoding: .utf8)
        let check = try await ServerProcess.run(["check"], in: folder.path)
        #expect(check.status == 0, "\(check.output)")
    }

    @Test("a password that is too short, or none, is bad usage", arguments: ["", "\n", "short\n"])
    func refused(input: String) async throws {
        #expect(try await password(input).status == 64)
    }
}
