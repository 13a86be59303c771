import ArgumentParser
import Foundation
import Logging
import PipelineHost
import Systemd
import TallywireCommands
import TallywireConfiguration
import TallywireCore
import TallywirePipeline

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            SIGTERM or SIGINT ends it: sources stop, every sink takes what is committed, and what each delivered is printed. SIGHUP has it \
            read plugins.json, keys and certificate again.
            """)

    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: ArgumentHelp("The folder of the journal, instead of the one in journal.path.", valueName: "dir"))
    var data: String?

    @Option(help: "The address to listen on, instead of http.host.") var host: String?
    @Option(help: "The port to listen on, instead of http.port; 0 takes a free one.") var port: Int?

    @Option(help: ArgumentHelp("Run only these sources and sinks, by name.", valueName: "name,…"))
    var only: [String] = []

    @Option(help: ArgumentHelp("Run all but these sources and sinks, by name.", valueName: "name,…"))
    var without: [String] = []

    @Option(help: "What to log: trace, debug, info, notice, warning, error, critical.") var logLevel = "notice"
    @Option(help: "How to log: text for people, or json, an object a line, for programs.") var logFormat = LogFormat.text

    @Option(help: ArgumentHelp("Write address and process id into this file once requests are answered.", valueName: "file"))
    var readyFile: String?

    func validate() throws {
        if Logger.Level(rawValue: logLevel) == nil {
            throw ValidationError(
                "--log-level “\(logLevel)” is none of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    func run() async throws {
        let level = Logger.Level(rawValue: logLevel) ?? .notice
        let format = logFormat
        LoggingSystem.bootstrap { format.handler(label: $0, level: level) }
        let supervisor = try supervisor()
        var overrides = Self.overrides(for: supervisor.socket)
        if let host { overrides.append(ConfigurationOverride(path: ["http", "host"], text: host, option: "--host \(host)")) }
        if let port { overrides.append(ConfigurationOverride(path: ["http", "port"], text: "\(port)", option: "--port \(port)")) }
        let load: @Sendable () throws -> PipelineConfiguration = {
            [
                configuration, only = names(in: only), without = names(in: without), overrides, data,
                registry = PluginRegistry.current
            ] in
            // A reload runs in a task of its own, which has no registry.
            try PluginRegistry.$current.withValue(registry) {
                var settings = try configuration.load(only: only, without: without, overriding: overrides)
                if let data { settings.setDataDirectory(data) }
                return settings
            }
        }
        let settings = try load()
        let readyFile = readyFile
        let banner = Banner(settings)
        let server = Server(
            configuration: settings, plugins: .current, logger: Logger(label: "tallywire"), load: load,
            supervisor: supervisor)
        let account = try await server.run { address, status in
            if let readyFile { try ReadyFile.write(readyFile, address) }
            // The output may have no reader, and the server serves all the same.
            try? Output.standard.print(banner.text(address, status))
            do { try supervisor.notify(.ready(status: "serves \(address.url)")) } catch { throw Failure("error: \(error)") }
        }
        try Output.standard.print(Account(account).text)
    }

    /// The systemd that has started this process.
    private func supervisor() throws -> Supervisor {
        let supervisor: Supervisor
        do { supervisor = try Supervisor(environment: ProcessInfo.processInfo.environment) } catch {
            throw Failure("error: \(error)")
        }
        if supervisor.socket != nil, host != nil || port != nil {
            throw Failure.usage(
                "--host and --port have no effect on a socket that systemd has opened: leave them out, or disable the socket unit")
        }
        return supervisor
    }

    /// Where the server listens is what the socket says. So whatever depends on it is checked against the socket, such as that
    /// `auth.mode` `open` is for loopback addresses.
    private static func overrides(for socket: PassedSocket?) -> [ConfigurationOverride] {
        guard let socket else { return [] }
        let option = "systemd's socket \(socket.host) \(socket.port)"
        return [
            ConfigurationOverride(path: ["http", "host"], text: socket.host, option: option),
            ConfigurationOverride(path: ["http", "port"], text: "\(socket.port)", option: option),
        ]
    }
}

/// A file that tells other programs that the server is ready.
enum ReadyFile {
    /// Writes `{"http":{"host","port","url"},"pid"}`, completely or not at all.
    static func write(_ path: String, _ address: Server.Address) throws {
        var json = JSONWriter()
        json.object { json in
            json.object("http") { json in
                json.member("host", address.host)
                json.member("port", Int64(address.port))
                json.member("url", address.url)
            }
            json.member("pid", Int64(ProcessInfo.processInfo.processIdentifier))
        }
        do {
            try Data(json.bytes + [UInt8(ascii: "\n")]).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure("error: the ready file \(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
