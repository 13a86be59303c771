import Glibc
import Synchronization

/// A real mosquitto on a free port of 127.0.0.1, for one test. The broker can be stopped, killed, frozen, and started again on its
/// port.
///
/// The broker ends with its `TestBroker`, by its own process id, and its folder is removed.
public final class TestBroker: Sendable {
    public let port: Int
    private let folder: BrokerFolder
    private let process = Mutex<pid_t?>(nil)

    /// Starts a broker. With `persistence` the broker keeps sessions, queued and retained messages over ``stop()``. `configuration`
    /// is added to its file, one directive a line.
    public init(persistence: Bool = false, configuration: [String] = []) throws {
        folder = try BrokerFolder()
        port = try BrokerPort.free()
        let access = configuration.contains { $0.hasPrefix("allow_anonymous") } ? [] : ["allow_anonymous true"]
        let lines =
            [
                "listener \(port) 127.0.0.1", "user root", "log_type all", "log_dest stderr", "max_queued_messages 200000",
                "persistence \(persistence)", "persistence_location \(folder.path)/",
            ] + access + configuration
        try folder.write(lines.joined(separator: "\n") + "\n", to: "mosquitto.conf")
        try start()
    }

    /// Starts a broker with the `.conf` files in `included`, which have a listener on `port` of 127.0.0.1.
    public init(port: Int, including included: String) throws {
        folder = try BrokerFolder()
        self.port = port
        try folder.write(
            "user root\nlog_type all\nlog_dest stderr\npersistence_location \(folder.path)/\ninclude_dir \(included)\n",
            to: "mosquitto.conf")
        try start()
    }

    deinit {
        kill()
        folder.remove()
    }

    /// Returns a port for a broker that does not run yet.
    public static func freePort() throws -> Int { try BrokerPort.free() }

    public var url: String { "mqtt://127.0.0.1:\(port)" }

    /// What the broker has logged so far.
    public var log: String {
        guard let file = fopen("\(folder.path)/mosquitto.log", "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Starts the broker, and returns when it accepts connections.
    public func start() throws {
        try process.withLock { process in
            guard process == nil else { return }
            process = try spawn()
        }
        // A broker takes milliseconds to start; a busy machine may need more.
        for _ in 0..<1000 {
            if BrokerPort.answers(port) { return }
            poll(nil, 0, 10)
        }
        kill()
        throw BrokerFailure("mosquitto does not answer on port \(port):\n\(log)")
    }

    /// Ends the broker as an operator does (SIGTERM): it stores its data.
    public func stop() { end(SIGTERM) }

    /// Ends the broker as a power cut does (SIGKILL).
    public func kill() { end(SIGKILL) }

    /// Freezes the broker: connections stay open, and nothing answers.
    public func freeze() { signal(SIGSTOP) }

    public func thaw() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        process.withLock { if let id = $0 { _ = Glibc.kill(id, number) } }
    }

    private func end(_ number: Int32) {
        process.withLock { process in
            guard let id = process else { return }
            _ = Glibc.kill(id, number)
            _ = Glibc.kill(id, SIGCONT)
            waitpid(id, nil, 0)
            process = nil
        }
    }

    private func spawn() throws(BrokerFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let log = "\(folder.path)/mosquitto.log"
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        }
        // A broker that inherited a client's socket would keep it open. Closing a descriptor that is not open is no error here. A
        // test opens more than 1024 descriptors, and never as many as this.
        for descriptor in 3..<Int32(4096) { posix_spawn_file_actions_addclose(&actions, descriptor) }
        // Threads of Swift's pool block all signals. A child would inherit that and not get SIGTERM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let path = access("/usr/sbin/mosquitto", X_OK) == 0 ? "/usr/sbin/mosquitto" : "/usr/local/sbin/mosquitto"
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), strdup("-c"), strdup("\(folder.path)/mosquitto.conf"), nil]
        defer { for argument in arguments { free(argument) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, path, &actions, &attributes, &arguments, environ)
        guard code == 0 else { throw BrokerFailure("\(path) cannot be started: \(String(cString: strerror(code)))") }
        return id
    }
}
