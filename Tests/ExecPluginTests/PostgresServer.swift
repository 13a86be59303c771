import Foundation
import Subprocess
import TallywireTesting
import TestSupport

/// A PostgreSQL of a test's own, which listens on a socket in the test's folder alone.
final class PostgresServer: Sendable {
    private let folder: TemporaryFolder
    private let process: Process

    /// The folder of initdb and postgres, which are in no PATH; `nil` if they are not installed.
    private static let programs: String? = {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.sorted().reversed().map { "\(root)/\($0)/bin" }
            .first { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
    }()

    /// In CI nothing is skipped because a program is missing.
    static var isThere: Bool { programs != nil || ProcessInfo.processInfo.environment["CI"] != nil }

    /// What psql needs to reach the server.
    var environment: [String: String] { ["PGHOST": folder.path, "PGUSER": "postgres", "PGDATABASE": "postgres"] }

    init() async throws {
        guard let programs = Self.programs else { throw NeverHappened(description: "there is no initdb: install postgresql") }
        folder = try TemporaryFolder()
        // PostgreSQL refuses to run as root.
        let nobody = getuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
        if getuid() == 0 { chown(folder.path, 65534, 65534) }
        let data = folder.file("data")
        let initialise = nobody + ["\(programs)/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "--no-instructions"]
        let done = try await run(
            .name(initialise[0]), arguments: Arguments(Array(initialise.dropFirst())), output: .discarded,
            error: .string(limit: 1 << 16))
        guard done.terminationStatus.isSuccess else { throw NeverHappened(description: "initdb: \(done.standardError)") }
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = nobody + ["\(programs)/postgres", "-D", data, "-k", folder.path, "-h", "", "-F"]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        try await eventually("PostgreSQL answers") { (try? await query("select 1")) == "1" }
    }

    deinit { kill(process.processIdentifier, SIGQUIT) }

    /// The first value of the answer.
    @discardableResult
    func query(_ text: String) async throws -> String {
        let variables = environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) }
        let answer = try await run(
            .name("psql"), arguments: ["-X", "-A", "-t", "-q", "-c", text],
            environment: .inherit.updating(Dictionary(uniqueKeysWithValues: variables)), output: .string(limit: 1 << 16),
            error: .string(limit: 1 << 16))
        guard answer.terminationStatus.isSuccess else { throw NeverHappened(description: "\(text): \(answer.standardError)") }
        return answer.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
