import Foundation
import PostgreSQL
import Synchronization
import TallywireTesting

/// A real PostgreSQL on a free port of 127.0.0.1, with a folder of its own. It ends with its `PostgresServer`, and with the process that
/// runs the tests, however that ends.
///
/// PostgreSQL does not run as root, so there it runs as the user `postgres` of Debian's package.
public final class PostgresServer: Sendable {
    public static let password = "MARKED-PASSWORD"
    private static let binaries = "/usr/lib/postgresql/15/bin"

    public let port: Int
    private let folder: TemporaryFolder
    /// What holds the server: it ends when this is closed.
    private let hold = Mutex<Pipe?>(nil)

    public init() throws {
        folder = try TemporaryFolder()
        port = try BrokerPort.free()
        try Self.password.write(toFile: folder.file("password"), atomically: true, encoding: .utf8)
        if getuid() == 0, let user = getpwnam("postgres") {
            chown(folder.path, user.pointee.pw_uid, user.pointee.pw_gid)
            chown(folder.file("password"), user.pointee.pw_uid, user.pointee.pw_gid)
        }
        let made = try Self.run(
            "initdb",
            [
                "-D", folder.file("data"), "-U", "tallywire", "-A", "scram-sha-256", "--pwfile", folder.file("password"), "-E",
                "UTF8",
                "--locale", "C.UTF-8", "--no-sync",
            ], log: folder.file("initdb.log"))
        made.waitUntilExit()
        guard made.terminationStatus == 0 else {
            throw NeverHappened(description: try String(contentsOfFile: folder.file("initdb.log"), encoding: .utf8))
        }
        try start()
    }

    deinit { stop() }

    public func start() throws {
        let pipe = Pipe()
        _ = try Self.run(
            "postgres",
            [
                "-D", folder.file("data"), "-p", "\(port)", "-c", "listen_addresses=127.0.0.1", "-k", folder.path, "-c",
                "fsync=off",
                "-c", "max_connections=50",
            ], log: folder.file("postgres.log"), heldBy: pipe)
        hold.withLock { $0 = pipe }
    }

    /// Ends it at once. What is committed is there at the next start.
    public func stop() {
        hold.withLock { pipe in
            try? pipe?.fileHandleForWriting.close()
            pipe = nil
        }
    }

    /// Ends the program with SIGQUIT, which waits for nobody, when standard input is closed.
    private static let holding = #""$@" </dev/null & read -r _; kill -QUIT $!"#

    private static func run(_ program: String, _ arguments: [String], log: String, heldBy pipe: Pipe? = nil) throws -> Process {
        let process = Process()
        try Data().write(to: URL(fileURLWithPath: log))
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        let user = ["/usr/bin/setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        let command = (getuid() == 0 ? user : []) + ["\(binaries)/\(program)"] + arguments
        if let pipe {
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", holding, "sh"] + command
            process.standardInput = pipe
        } else {
            process.executableURL = URL(fileURLWithPath: command[0])
            process.arguments = Array(command.dropFirst())
        }
        process.standardOutput = output
        process.standardError = output
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        try process.run()
        return process
    }

    /// The connection parameters; with `port`, by way of something that listens there.
    public func parameters(database: String = "postgres", port: Int? = nil, password: String = password) -> String {
        "host=127.0.0.1 port=\(port ?? self.port) dbname=\(database) user=tallywire password=\(password)"
    }

    /// A connection for the test itself, once the server accepts one.
    public func connection(to database: String = "postgres") async throws -> PostgresConnection {
        let end = ContinuousClock.now + .seconds(30)
        while true {
            do {
                return try PostgresConnection(parameters(database: database), timeout: .seconds(10))
            } catch {
                guard ContinuousClock.now < end else { throw error }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Makes a database with the tables of a sink in `schema`, and returns its name.
    public func database(schema: String = "public", tables: String) async throws -> String {
        let name = "test_" + UUID().uuidString.replacing("-", with: "").lowercased()
        try await connection().execute("CREATE DATABASE \(name)")
        try await connection(to: name).execute(tables)
        return name
    }
}
