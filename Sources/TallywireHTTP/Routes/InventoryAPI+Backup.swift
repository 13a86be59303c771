import HTTPPort
import HTTPTypes
import Hummingbird
import TallywireCore
import TallywireEngine

/// Copies of the journal for who makes backups, and what is known of those. Safe from any thread.
public protocol Backups: Sendable {
    /// When the last backup was found to be whole; `nil` if none was.
    var last: Timestamp? { get }

    /// Copies the journal as it is now. Throws ``BackupBusy`` while another copy is made or sent, or why there can be none.
    func copy() async throws -> any BackupCopy

    /// Notes that a backup which ends with the event `seq` was found to be whole. `place` says where it is, for people.
    func note(seq: UInt64, place: String) throws
}

/// A copy of the journal in a file, which goes when nobody holds the copy any more.
public protocol BackupCopy: Sendable {
    var path: String { get }
    var bytes: Int { get }
    /// The last event in it.
    var seq: UInt64 { get }
}

/// Another copy is made or sent at the moment.
public struct BackupBusy: Error {
    public init() {}
}

/// `/api/backup`
extension InventoryAPI {
    func getBackup(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try QueryReader(request, parameters: [])
        let copy: any BackupCopy
        do {
            copy = try await journalBackups.copy()
        } catch is BackupBusy {
            throw Problem.unavailable("another backup is made at the moment: come back when it is done")
        }
        return try await .file(
            copy.path, bytes: copy.bytes, mediaType: "application/vnd.sqlite3", headers: headers(at: copy.seq), holding: copy,
            context: context)
    }

    func noteBackup(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["seq", "place"])
        let head = feed.head
        guard let seq = try query.integer("seq", in: 0...head) else {
            throw Problem.invalidRequest("the last event of the backup is missing", field: "seq")
        }
        guard let place = query.text("place"), place.utf8.count <= Self.longestPlace else {
            throw Problem.invalidRequest(
                "where the backup is, 1 to \(Self.longestPlace) bytes, is missing or too long", field: "place")
        }
        try journalBackups.note(seq: seq, place: place)
        return Response(status: .noContent, headers: headers(at: head))
    }

    private static let longestPlace = 1_024

    private var journalBackups: any Backups {
        get throws {
            guard let backups else { throw Problem.unavailable("this journal is not in a file, so there is nothing to copy") }
            return backups
        }
    }
}

extension OpenAPI {
    static let backupOperations: [Operation] = [
        Operation(
            method: "get", path: "/api/backup", id: "getBackup", { $0.getBackup }, tag: "operations",
            summary: "A copy of the journal as it is now, a file of SQLite.",
            description: """
                `tallywire backup --server` fetches it, folds it, and only then says that it is good. One copy at a time; the server needs room \
                for it beside the journal.
                """,
            answers: [
                .init(
                    status: 200, description: "The copy.",
                    content: [("application/vnd.sqlite3", ["type": "string", "format": "binary"])])
            ],
            problems: ["unavailable"]),
        Operation(
            method: "post", path: "/api/backup", id: "noteBackup", { $0.noteBackup }, tag: "operations",
            summary: "Notes that a backup was found to be whole, for `tallywire_backup_age_seconds`.",
            parameters: ["backupSeq", "backupPlace"],
            answers: [.init(status: 204, description: "It is noted.", content: [])], problems: ["unavailable"]),
    ]
}
