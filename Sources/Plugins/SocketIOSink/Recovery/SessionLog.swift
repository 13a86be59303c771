import Foundation
import Logging
import TallywireCore
import TallywirePipeline

/// The file of ``RecoverableSessions``: JSON Lines, the last one about a client counts, and one without `seq` ends it.
struct SessionLog {
    private let file: SourceFile
    private let logger: Logger
    private var handle: FileHandle?
    private var lines = 0
    /// How many lines there are at least before the file is written anew.
    static let fewest = 10_000

    /// A file that has these sessions, and is appended to; through `handle`, if a test gives one.
    init(
        _ file: SourceFile, sessions: [(String, RecoverableSessions.Session)], logger: Logger, handle: FileHandle? = nil
    ) throws {
        self.file = file
        self.logger = logger
        try replace(sessions)
        if let handle { self.handle = handle }
    }

    /// The sessions in a file, without those that ended. A line that is not whole, as a crash may leave at the end, says nothing.
    static func read(_ file: SourceFile) throws -> [String: RecoverableSessions.Session] {
        var sessions: [String: RecoverableSessions.Session] = [:]
        for line in (try file.content() ?? Data()).split(separator: UInt8(ascii: "\n")) {
            guard let value = try? JSONReader.value(of: Array(line)), let pid = value["pid"]?.string else { continue }
            sessions[pid] = value["seq"]?.integer.map { seq in
                .init(seq: UInt64(max(0, seq)), rooms: value["rooms"]?.array?.compactMap(\.string) ?? [])
            }
        }
        return sessions
    }

    /// Appends a change. When most lines are out of date, the file is written anew with `all` sessions.
    mutating func append(
        _ pid: String, _ session: RecoverableSessions.Session?, all: () -> [(String, RecoverableSessions.Session)]
    ) {
        guard let handle else { return }
        do {
            try handle.write(contentsOf: Self.line(pid, session))
            lines += 1
            guard lines > Self.fewest else { return }
            let sessions = all()
            if lines > sessions.count * 4 { try replace(sessions) }
        } catch {
            self.handle = nil
            logger.error(
                "The sessions of Socket.IO clients cannot be kept: after a restart of the server they begin anew.",
                metadata: ["file": "\(file.path)", "error": "\(error)"])
            do { try FileManager.default.removeItem(atPath: file.path) } catch {
                logger.error(
                    "The file could not be removed either: remove it before the next start.",
                    metadata: ["file": "\(file.path)", "error": "\(error)"])
            }
        }
    }

    private mutating func replace(_ sessions: [(String, RecoverableSessions.Session)]) throws {
        var content = Data()
        for (pid, session) in sessions { content.append(Self.line(pid, session)) }
        try file.replace(with: content)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file.path))
        try handle.seekToEnd()
        self.handle = handle
        lines = sessions.count
    }

    private static func line(_ pid: String, _ session: RecoverableSessions.Session?) -> Data {
        var json = JSONWriter(capacity: 96)
        json.object { json in
            json.member("pid", pid)
            json.member("seq", session?.seq)
            if let rooms = session?.rooms, !rooms.isEmpty {
                json.array("rooms") { json in for room in rooms { json.string(room) } }
            }
        }
        return Data(json.bytes + [UInt8(ascii: "\n")])
    }
}
