import Foundation
import PipelineHost
import SQLiteJournal
import TallywireAuthentication
import TallywireConfiguration
import TallywirePipeline

/// The trials of `check --connect`: whether the port is free or the server's own, whether the journal can be written, what each plugin needs, and
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
        let own = [await portProblem(), journalProblem().map { "journal: \($0)" }].compactMap(\.self)
        return try await (own.map { ConfigurationDiagnostic(file: file, message: $0) } + outsideProblems()).sorted()
    }

    /// The same, of what is neither the port nor the journal.
    func outsideProblems() async throws -> [ConfigurationDiagnostic] {
        var problems = deadLetterProblems()
        let epoch = SQLiteJournal.epoch(at: settings.journal.path)
        let folder = settings.dataDirectory
        for entry in settings.sources { problems += try await entry.probe(epoch: epoch, dataDirectory: folder) }
        for entry in settings.sinks { problems += try await entry.probe(epoch: epoch, dataDirectory: folder) }
        if let cluster = settings.cluster { problems += await ClusterCheck(settings: settings, cluster: cluster).problems() }
        return problems
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

    /// The server of this configuration may run: then it has the port, which is no problem.
    private func portProblem() async -> String? {
        guard let port = await PortCheck.run(settings), port.finding.level != .ok else { return nil }
        return "http: \(port.finding.text)"
    }

    /// Why the journal cannot be written; `nil` if it can.
    func journalProblem() -> String? {
        FolderProbe.problem(writing: settings.journal.path, createsFolder: true)
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
