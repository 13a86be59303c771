import ArgumentParser
import Foundation
import NIOSSL
import PipelineHost
import TallywireClient
import TallywireConfiguration
import TallywirePipeline

/// The options of commands that read plugins.json.
package struct ConfigurationOptions: ParsableArguments, Sendable {
    @Option(name: .long, help: ArgumentHelp("The configuration.", valueName: "file"))
    package var plugins = "plugins.json"

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Set one value: sinks.NAME.key=value, http.port=0. May be repeated.", valueName: "path=value"))
    var overrides: [String] = []

    package init() {}

    /// Returns the configuration with all defaults. The overrides in `more` come after those of `--set`. Throws
    /// ``ConfigurationError``.
    package func load(only: [String] = [], without: [String] = [], overriding more: [ConfigurationOverride] = []) throws
        -> PipelineConfiguration
    {
        try ConfigurationLoader.load(
            path: plugins, registry: .current, overrides: overrides.map { ConfigurationOverride(set: $0) } + more, only: only,
            without: without)
    }
}

/// The options of commands that talk to a running server.
package struct ClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The server, such as http://127.0.0.1:8080. Default: the address in plugins.json.", valueName: "url"))
    package var server: String?

    @Option(help: ArgumentHelp("A token, if the server asks for one. Default: $TALLYWIRE_TOKEN.", valueName: "token"))
    var token: String?

    @Option(
        help: ArgumentHelp(
            "Trust the certificates in this PEM file too, for a server with one of its own making.", valueName: "file"))
    var ca: String?

    @OptionGroup package var configuration: ConfigurationOptions

    package init() {}

    /// The server's URL without a slash at its end.
    func baseURL() throws -> String {
        if var server {
            guard server.hasPrefix("http://") || server.hasPrefix("https://") else {
                throw Failure.usage("--server “\(server)” is no address: it begins with http:// or https://")
            }
            guard AddressPort.isFit(server) else {
                throw Failure.usage("--server “\(server)” is no address: a port is a number from 1 to 65535")
            }
            guard let parts = URLComponents(string: server), parts.host?.isEmpty == false, parts.query == nil, parts.fragment == nil
            else { throw Failure.usage("--server “\(server)” is no address, which is such as http://127.0.0.1:8080") }
            while server.hasSuffix("/") { server.removeLast() }
            return server
        }
        let http = try configuration.load().http
        guard http.port != 0 else {
            throw Failure.usage("the configuration leaves the port open: say --server http://\(http.host):PORT")
        }
        return "\(http.tls == nil ? "http" : "https")://\(http.host.contains(":") ? "[\(http.host)]" : http.host):\(http.port)"
    }

    /// How a server's certificate is checked: with the system's roots, and with those of `--ca`.
    func tls() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        guard let ca else { return configuration }
        do {
            configuration.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(ca))]
        } catch {
            throw Failure.usage("--ca \(ca) cannot be read, or holds no certificate in PEM")
        }
        return configuration
    }

    /// The token to send, without white space around it. No message shows its text.
    func bearer() throws -> String? {
        let variable = ProcessInfo.processInfo.environment["TALLYWIRE_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        guard let token = (token ?? variable)?.trimmingSpace else { return nil }
        guard ConnectionProblem.isFit(token: token) else {
            throw Failure.usage(
                "\(self.token == nil ? "$TALLYWIRE_TOKEN" : "--token") has a space, a line end or another character that no token has"
            )
        }
        return token
    }
}

/// Accepts both `a,b` and `a --only b`.
package func names(in lists: [String]) -> [String] {
    lists.flatMap { $0.split(separator: ",").map { String($0).trimmingCharacters(in: .whitespaces) } }.filter { !$0.isEmpty }
}

extension PluginRegistry {
    /// The plugins of the running command line.
    @TaskLocal package static var current = PluginRegistry()
}
