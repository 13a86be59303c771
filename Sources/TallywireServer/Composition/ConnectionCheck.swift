import Foundation
import NIOCore
import NIOPosix
import PipelineHost
import SQLiteJournal
import TallywireAuthentication
import TallywireConfiguration
import TallywirePipeline

/// The trials of `check --connect`: whether the port is free, whether the journal can be written, what each plugin needs, and
/// whether a node of a cluster could start.
struct ConnectionCheck {
    private let settings: PipelineConfiguration
    /// The name of the file in messages.
    private let file: String

    init(_ settings: PipelineConfiguration, file: String) {
        self.settings = settings
        self.file = file
    }

    /// Returns what cannot be reached, at its position in the file. Nothing stays on disk.
    func problems() async throws -> [ConfigurationDiagnostic] {
        var problems: [ConfigurationDiagnostic] = []
        for problem in [settings.http.port == 0 ? nil : await portProblem(), journalProblem()].compactMap(\.self) {
            problems.append(ConfigurationDiagnostic(file: file, message: problem))
        }
        problems += deadLetterProblems()
        let epoch = SQLiteJournal.epoch(at: settings.journal.path)
        let folder = settings.dataDirectory
        for entry in settings.sources { problems += try await entry.probe(epoch: epoch, dataDirectory: folder) }
        for entry in settings.sinks { problems += try await entry.probe(epoch: epoch, dataDirectory: folder) }
        if let cluster = settings.cluster { problems += await ClusterCheck(settings: settings, cluster: cluster).problems() }
        return problems.sorted()
    }

    /// The keys that can be fetched from the URL in `auth.jwks`; `nil` if there is none. Throws what cannot be fetched.
    func publishedKeys() async throws(ConfigurationError) -> PublishedKeySet? {
        guard let server = KeyServer(settings.auth) else { return nil }
        do {
            return try await server.fetch().keys
        } catch {
            throw ConfigurationError([settings.diagnostic(at: "auth", "jwks", message: "“jwks”: \(error.message)")])
        }
    }

    private func portProblem() async -> String? {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: settings.http.host, port: settings.http.port).get()
            try await channel.close()
            return nil
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            return "http: \(settings.http.host):\(settings.http.port) cannot be listened on: \(reason)"
        }
    }

    private func journalProblem() -> String? {
        FolderProbe.problem(writing: settings.journal.path, createsFolder: true).map { "journal: \($0)" }
    }

    /// The files of each sink's dead letters. Their folder is created when it is needed, which must then be possible.
    private func deadLetterProblems() -> [ConfigurationDiagnostic] {
        settings.sinks.compactMap { sink in
            FolderProbe.problem(writing: sink.deadLetter, createsFolder: true).map {
                ConfigurationDiagnostic(file: file, message: "\(sink.name): deadLetter: \($0)")
            }
        }
    }
}
