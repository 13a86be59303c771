import Foundation
import NIOCore
import NIOPosix
import SQLiteJournal
import TallywirePipeline

/// What `check --connect` tries: that the port is free, that the journal can be written, and what each plugin needs.
struct ConnectionCheck {
    private let settings: PipelineConfiguration
    /// What messages call the file.
    private let file: String

    init(_ settings: PipelineConfiguration, file: String) {
        self.settings = settings
        self.file = file
    }

    /// What is not within reach, where the file names it. Nothing is left behind.
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
        return problems.sorted()
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

    /// Where the dead letters of each sink go. Their folder is made when it is needed, which has to be possible then.
    private func deadLetterProblems() -> [ConfigurationDiagnostic] {
        settings.sinks.compactMap { sink in
            FolderProbe.problem(writing: sink.deadLetter, createsFolder: true).map {
                ConfigurationDiagnostic(file: file, message: "\(sink.name): deadLetter: \($0)")
            }
        }
    }
}
