import Foundation
import NIOCore
import NIOPosix
import TallywirePipeline

/// What `check --connect` tries: that the port is free, that the journal can be written, and what each plugin needs.
struct ConnectionCheck {
    private let settings: PipelineConfiguration

    init(_ settings: PipelineConfiguration) { self.settings = settings }

    /// What is not within reach, each as a sentence. Nothing is left behind.
    func problems() async throws -> [String] {
        var problems: [String] = []
        if settings.http.port != 0, let problem = await portProblem() { problems.append(problem) }
        if let problem = journalProblem() { problems.append(problem) }
        for entry in settings.sources { problems += try await entry.probe().map { "\(entry.name): \($0)" } }
        for entry in settings.sinks { problems += try await entry.probe().map { "\(entry.name): \($0)" } }
        return problems
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
        let path = settings.journal.path
        var folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" { folder.deleteLastPathComponent() }
        if !FileManager.default.isWritableFile(atPath: folder.path) {
            return "journal: \(path) cannot be written: the folder \(folder.path) is not writable"
        }
        if FileManager.default.fileExists(atPath: path), !FileManager.default.isWritableFile(atPath: path) {
            return "journal: \(path) cannot be written"
        }
        return nil
    }
}
