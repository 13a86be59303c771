import Foundation
import PipelineHost
import TallywireCommands
import TallywireConfiguration
import TallywireCore
import TallywireEngine

/// Reads the machine and the server, and has each check judge what was read.
struct DoctorChecks: Sendable {
    let settings: PipelineConfiguration
    /// The name of the configuration's file in messages.
    let file: String
    let client: ServerClient?
    /// Whether `client` is for an address that the caller gave.
    let isServerGiven: Bool
    /// The process that has the journal here.
    private let running: RunningServer?

    init(settings: PipelineConfiguration, file: String, client: ServerClient?, isServerGiven: Bool) {
        (self.settings, self.file, self.client, self.isServerGiven) = (settings, file, client, isServerGiven)
        running = RunningServer(journal: settings.journal.path)
    }

    func findings() async throws -> [Finding] {
        let now = Timestamp.now
        var server: ServerReading?
        if let client { server = await ServerReading(client, now: now) }
        var findings = folder(growth: server?.bytesPerDay) + [fileSystem]
        findings +=
            ClockCheck(
                isSynchronised: Machine.isClockSynchronised, now: now, server: server?.clock, newestEvent: server?.newestEvent
            ).findings
        findings += [descriptors, memory].compactMap(\.self)
        if let port = await PortCheck.run(settings) { findings.append(port.finding) }
        findings += try await connections()
        if let client, let server {
            findings +=
                ServerCheck(
                    url: client.url, answer: server.answer, isExpected: isServerGiven || running != nil, pipeline: server.pipeline
                ).findings
        }
        return findings + [backup(now)]
    }

    private func folder(growth: Double?) -> [Finding] {
        let journal = settings.journal.path
        return FolderCheck(
            path: settings.dataDirectory, problem: ConnectionCheck(settings, file: file).journalProblem(),
            foreign: Machine.foreignFiles(of: journal), space: Machine.space(at: settings.dataDirectory), growth: growth
        ).findings
    }

    private var fileSystem: Finding {
        FileSystemCheck(folder: Machine.existing(settings.dataDirectory), mounts: Machine.text("/proc/mounts") ?? "").finding
    }

    private var descriptors: Finding? {
        let connections = settings.http.limits.connections
        if let running, let limit = running.descriptorLimit {
            return DescriptorCheck(limit: limit, isServers: true, connections: connections, used: running.descriptors).finding
        }
        return Machine.descriptorLimit.map { DescriptorCheck(limit: $0, isServers: false, connections: connections).finding }
    }

    private var memory: Finding {
        let group = ControlGroup(of: running.map { "\($0.pid)" } ?? "self")
        return MemoryCheck(
            limit: group.limit, used: group.used, ring: UInt64(clamping: settings.journal.ring.size.bytes),
            isServers: running != nil
        ).finding
    }

    /// What `check --connect` tries, but for the port and the journal.
    private func connections() async throws -> [Finding] {
        let trials = ConnectionCheck(settings, file: file)
        var problems = try await trials.outsideProblems()
        do { _ = try await trials.publishedKeys() } catch { problems += error.diagnostics }
        guard !problems.isEmpty else { return [.ok("connections", "brokers, files and servers of all entries are within reach")] }
        return problems.sorted().map {
            .wrong("connections", "\($0)", "start or mend what it names, and try again with: tallywire check --connect")
        }
    }

    private func backup(_ now: Timestamp) -> Finding {
        let journal = settings.journal.path
        return BackupCheck(
            data: settings.dataDirectory, hasJournal: FileManager.default.fileExists(atPath: journal),
            last: LastBackup.read(of: journal)?.at, now: now
        ).finding
    }
}
