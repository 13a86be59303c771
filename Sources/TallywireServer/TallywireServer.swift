import ArgumentParser
import Foundation
import TallywireCommands
import TallywirePipeline

/// The server as a library: the command line with a list of plugins, to which a program may add its own.
///
/// ```swift
/// import TallywireServer
///
/// @main struct Main {
///     static func main() async {
///         await TallywireServer.run(plugins: .builtIn + .standardOutput)
///     }
/// }
/// ```
public enum TallywireServer {
    /// Runs the command line with `arguments`, by default those of the process. Ends the process with the exit code: 0 done, 64 bad
    /// usage, 78 bad configuration, 1 anything else.
    public static func run(plugins: PluginRegistry = .builtIn, arguments: [String]? = nil) async -> Never {
        let code = await PluginRegistry.$current.withValue(plugins) { await execute(arguments) }
        exit(code.rawValue)
    }

    private static func execute(_ arguments: [String]?) async -> ExitCode {
        do {
            var command = try Tallywire.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .success
        } catch {
            return Failure(error, root: Tallywire.self).report()
        }
    }
}

/// The root command.
struct Tallywire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tallywire",
        abstract: "A real-time inventory server: scans in over MQTT, stock out to pages, shelf displays and logs.",
        version: tallywireVersion,
        subcommands: [
            Serve.self, Check.self, Plugins.self, Graph.self, Schema.self, ClientCommands.scan, ClientCommands.tail,
            ClientCommands.import, ClientCommands.export, ClientCommands.replay, ClientCommands.reload,
            ClientCommands.health, ClientCommands.top, Doctor.self,
            Token.self, ClientCommands.password, Audit.self, Backup.self, Restore.self, Compact.self,
            ClientCommands.mosquittoConfig, ClusterCommand.self,
        ])
}
