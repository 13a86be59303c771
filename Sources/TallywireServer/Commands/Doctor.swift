import ArgumentParser
import Foundation
import HTTPPort
import PipelineHost
import TallywireCommands
import TallywireConfiguration
import TallywireCore
import TallywireEngine

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for what is wrong with this machine, its configuration and its server, and say what to do.",
        discussion: """
            It looks at plugins.json, the journal's folder and file system, the clock, descriptors, memory, the port, brokers and etcd, the \
            running server with its sources and sinks, and the last backup. Each finding is ok, a warning, or wrong. Exits with 1 if \
            something is wrong. It changes nothing.
            """)

    @OptionGroup var options: ClientOptions
    @Option(help: ArgumentHelp("The folder of the journal, instead of the one in journal.path.", valueName: "dir"))
    var data: String?
    @Flag(help: "Print the findings as JSON.") var json = false

    func run() async throws {
        let report = DoctorReport(try await findings())
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try Output.standard.print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            try Output.standard.print(report.text)
        }
        if report.wrong > 0 { throw ExitCode(1) }
    }

    private func findings() async throws -> [Finding] {
        var settings: PipelineConfiguration
        do {
            settings = try options.configuration.load()
            if let data { settings.setDataDirectory(data) }
        } catch let error as ConfigurationError {
            return Self.mistakes(error) + (options.server == nil ? [] : try await server())
        }
        var findings = try await configuration(settings)
        let isServerGiven = options.server != nil
        let client = isServerGiven || settings.http.port != 0 ? try ServerClient(options) : nil
        findings += try await DoctorChecks(
            settings: settings, file: options.configuration.plugins, client: client, isServerGiven: isServerGiven
        ).findings()
        return findings
    }

    /// What `check` says, and until when the certificate is valid.
    private func configuration(_ settings: PipelineConfiguration) async throws -> [Finding] {
        do {
            for entry in settings.sinks { _ = try entry.makeSink() }
            for entry in settings.sources { _ = try entry.makeSource() }
            let certificates = try await ServerAccess(settings).certificates
            let certificate = certificates.map {
                CertificateCheck(file: $0.files.certificate, expiresAt: $0.expiresAt, now: .now).finding
            }
            return [.ok("configuration", "\(options.configuration.plugins) has no mistakes"), certificate].compactMap(\.self)
        } catch let error as ConfigurationError {
            return Self.mistakes(error)
        }
    }

    /// What can be said of a server without a configuration.
    private func server() async throws -> [Finding] {
        let client = try ServerClient(options)
        let reading = await ServerReading(client, now: .now)
        return ServerCheck(url: client.url, answer: reading.answer, isExpected: true, pipeline: reading.pipeline).findings
    }

    private static func mistakes(_ error: ConfigurationError) -> [Finding] {
        error.diagnostics.map {
            .wrong(
                "configuration", "\($0)", "mend it there, or name another file with --plugins, and check it with: tallywire check")
        }
    }
}
